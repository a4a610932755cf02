#include "engine/run.h"

#include "base/fields.h"
#include "base/format.h"
#include "engine/describe_state.h"
#include "engine/given_up.h"
#include "engine/resumer.h"
#include "engine/undoer.h"

namespace pgcleave::engine {

Run::Run(runbook::Runbook runbook, Json params, world::World& world, Recorder& recorder, StopFlag& stop,
         RunOutput output, WindowProbe probe, GuardHooks guard)
    : run_(std::move(runbook), std::move(params), world, recorder, stop, std::move(output)),
      hooks_(run_, std::move(probe), std::move(guard)) {}

std::optional<RunResult> Run::owners_first() {
  return refuse_without_owners(run_);
}

// A value: this process may not act.
std::optional<RunResult> Run::begin_acting() {
  run_.effects.may_act = [this] { return lease_.verify(); };
  if (auto no = owners_first()) return no;
  const auto held = lease_.acquire();
  if (held) return {};
  const bool other = held.error().kind == ErrorKind::held || held.error().kind == ErrorKind::conflict;
  return end_.finish(!run_.record().phase ? journal::RunOutcome::undone : journal::RunOutcome::stopped,
                     other ? ExitCode::held : ExitCode::needs_person, held.error().text() + "; nothing was changed");
}

// Once both sides are signed, and what was open is settled.
void Run::now_knows_all() {
  if (lease_.is_signed_on_both()) run_.world.run.knows_all = true;
}

RunResult Run::done(Direction direction) {
  const bool back = direction == Direction::back;
  const auto& misses = run_.record().misses;
  const bool without_window = run_.phase(window_of(Direction::forward)) == nullptr;
  const auto target = run_.world.target.label();
  std::string text =
      back ? run_.world.source.label() + " serves again" + given_up_in_words(run_.definition, run_.record(), target)
      : without_window ? run_.definition.name + " is done"
                       : "the split is done: " + target + " serves";
  if (back) text += phases_.what_was_left_out();
  for (const auto& miss : misses) text += "; missed: " + miss;
  return end_.finish(back ? journal::RunOutcome::rolled_back : journal::RunOutcome::done,
                     misses.empty() ? ExitCode::done : ExitCode::done_with_misses, text);
}

RunResult Run::phases(Direction direction) {
  for (const auto& phase : run_.definition.phases) {
    if (direction_of(phase) != direction) continue;
    const auto& windows = run_.record().windows;
    const auto window = windows.find(phase.kind);
    if (phase.is_window && window != windows.end() && window->second.is_done()) continue;
    auto& attempt = run_.world.run.attempt;
    attempt = run_.record().windows_entered + 1;
    if (run_.output.say) run_.output.say(phase.name);
    const auto begun = run_.recorder.write("phase.begun", {{"phase", phase.name}, {"attempt", attempt}});
    if (!begun) return end_.failed_outside(phase, begun.error());
    if (phase.is_window) {
      if (const auto left = windows_.run(phase); !left)
        return end_.failed_in_window(phase, left.error(), windows_.ownership_is_unknown());
    } else if (const auto left = phases_.run(phase); !left) {
      return end_.failed_outside(phase, left.error(), phases_.gate_was_rejected());
    }
  }
  return done(direction);
}

RunResult Run::forward() {
  if (auto no = begin_acting()) return *no;
  now_knows_all();
  return phases(Direction::forward);
}

RunResult Run::settle() {
  const auto direction = run_.record().direction();
  if (auto no = begin_acting()) return *no;
  if (auto stuck = resumer_.settle_window()) return *stuck;
  const auto& windows = run_.record().windows;
  const auto window = windows.find(window_of(direction));
  if (window != windows.end() && window->second.is_done())
    return end_.finish(journal::RunOutcome::stopped, ExitCode::past_no_return,
                       "the window was finished; what comes after it was not begun");
  return end_.finish(
      direction == Direction::back ? journal::RunOutcome::rollback_undone : journal::RunOutcome::window_undone,
      ExitCode::undone, "the window was undone");
}

RunResult Run::resume() {
  if (auto no = begin_acting()) return *no;
  if (auto stuck = resumer_.settle_window()) return *stuck;
  if (auto stuck = refuse_without_end(run_)) return *stuck;
  now_knows_all();
  return run_.record().rolling_back ? roll_back() : phases(Direction::forward);
}

RunResult Run::back() {
  if (const auto no = rollback_blocker(run_.record(), run_.definition)) {
    return {ExitCode::not_ready, no->text(), describe_state(run_.world, serving(run_.world), run_.output.again),
            next_command(run_.record(), run_.output.again)};
  }
  if (auto no = begin_acting()) return *no;
  if (auto stuck = resumer_.settle_window()) return *stuck;
  if (auto stuck = refuse_without_end(run_)) return *stuck;
  now_knows_all();
  return roll_back();
}

RunResult Run::roll_back() {
  if (run_.is_past_window(Direction::forward)) {
    const auto proved = phases_.prove_rollback();
    return proved ? phases(Direction::back)
                  : end_.failed_outside(*run_.phase(runbook::PhaseKind::verify), proved.error());
  }
  if (const auto may = undoer_.may_undo(Direction::forward); !may) {
    run_.note_waiting(may.error());
    const bool asks = may.error().kind == ErrorKind::waiting;
    return end_.finish(journal::RunOutcome::rollback_undone, asks ? ExitCode::waiting : ExitCode::needs_person,
                       "nothing was undone: " + may.error().text());
  }
  static_cast<void>(
      run_.recorder.write("undo.begun", {{"why", "rollback was asked for before the point of no return"}}));
  if (!undoer_.undo_rest(Direction::forward))
    return end_.finish(journal::RunOutcome::stopped, ExitCode::needs_person, "not all of it could be undone");
  return end_.finish(journal::RunOutcome::undone, ExitCode::done, "undone; it had not come to the point of no return");
}

}  // namespace pgcleave::engine
