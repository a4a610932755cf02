#include "engine/run_end.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "engine/describe_state.h"
#include "engine/undoer.h"

namespace pgcleave::engine {

namespace {

// Steps began, and what they did is gone again.
bool left_nothing(const RunRecord& record) {
  return std::all_of(record.steps.begin(), record.steps.end(), [](const auto& step) {
    const auto* kind = steps::find(step.second.uses);
    return step.second.intents == 0 || (kind != nullptr && steps::leaves_nothing(*kind));
  });
}

bool leaves_nothing_to_do(journal::RunOutcome outcome) {
  return outcome == journal::RunOutcome::done || outcome == journal::RunOutcome::undone ||
         outcome == journal::RunOutcome::rolled_back;
}

}  // namespace

RunEnd::RunEnd(RunState& run, SplitLease& lease, Undoer& undoer, WindowHooks& hooks)
    : run_(run), lease_(lease), undoer_(undoer), hooks_(hooks) {}

RunResult RunEnd::finish(journal::RunOutcome outcome, ExitCode exit, const std::string& text) {
  const auto serves = serving(run_.world);
  auto now = describe_state(run_.world, serves, run_.output.again);
  if (serves == world::Serving::both && exit == ExitCode::done) exit = ExitCode::done_with_misses;
  const bool over = leaves_nothing_to_do(outcome) ||
                    (outcome == journal::RunOutcome::rollback_undone && run_.record().went_all_the_way);
  if (over) lease_.release();
  const auto written = run_.recorder.write(
      "run.finished",
      {{"outcome", name_of(outcome)}, {"exit", static_cast<int>(exit)}, {"serves", name_of(serves)}, {"text", text}});
  RunResult result{exit, text, std::move(now), next_command(run_.record(), run_.output.again)};
  if (!written) {
    result.text += "; the journal could not be written: " + written.error().text();
    if (exit == ExitCode::done) result.exit = ExitCode::done_with_misses;
  }
  return result;
}

RunResult RunEnd::failed_outside(const runbook::Phase& phase, const Error& error, bool gate_rejected) {
  const auto direction = direction_of(phase);
  static_cast<void>(lease_.verify());
  if (lease_.lost()) return finish(journal::RunOutcome::stopped, ExitCode::held, lease_.lost()->text());
  if (error.kind == ErrorKind::waiting) {
    run_.note_waiting(error);
    return finish(journal::RunOutcome::waiting, ExitCode::waiting, error.what);
  }
  const auto stopped = "stopped in " + phase.name + ": " + error.text();
  if (run_.is_past_window(direction)) return finish(journal::RunOutcome::stopped, ExitCode::past_no_return, stopped);
  // Undoing the rest would leave something that is neither the one nor the other: an irreversible change is finished.
  if (const auto done = irreversible(run_.record(), direction); !done.empty()) {
    return finish(journal::RunOutcome::stopped, ExitCode::past_no_return,
                  fmt::format("{}; done and not to be taken back: {}", stopped, fmt::join(done, "; ")));
  }
  const bool cancelled = direction == Direction::back && gate_rejected;
  if (error.kind == ErrorKind::interrupted && !cancelled)
    return finish(journal::RunOutcome::stopped, ExitCode::needs_person, stopped);
  return undo_all(direction, error);
}

RunResult RunEnd::undo_all(Direction direction, const Error& error) {
  const bool back = direction == Direction::back;
  const auto undone = back ? journal::RunOutcome::rollback_undone : journal::RunOutcome::undone;
  if (!back && run_.changed_nothing())
    return finish(undone, ExitCode::not_ready, error.text() + "; nothing was changed");
  if (const auto may = undoer_.may_undo(direction); !may) {
    run_.note_waiting(may.error());
    return finish(journal::RunOutcome::stopped, ExitCode::needs_person,
                  error.text() + "; nothing was undone: " + may.error().text());
  }
  const bool only_tried = !back && left_nothing(run_.record());
  if (run_.output.warn) run_.output.warn(error.text() + "; undoing");
  static_cast<void>(run_.recorder.write("undo.begun", {{"why", error.text()}}));
  if (!undoer_.undo_rest(direction))
    return finish(journal::RunOutcome::stopped, ExitCode::needs_person,
                  error.text() + "; not all of it could be undone");
  const auto exit = back || only_tried ? ExitCode::not_ready : ExitCode::undone;
  return finish(undone, exit, error.text() + (only_tried ? "; nothing was changed" : "; undone"));
}

RunResult RunEnd::failed_in_window(const runbook::Phase& phase, const Error& error, bool ownership_unknown) {
  const auto direction = direction_of(phase);
  static_cast<void>(lease_.verify());
  if (lease_.lost()) {
    run_.recorder.inside_window(false);
    hooks_.dismiss_guard();
    hooks_.end_probe(phase);
    return finish(journal::RunOutcome::stopped, ExitCode::held, lease_.lost()->text());
  }
  if (run_.is_past_window(direction)) {
    run_.recorder.inside_window(false);
    hooks_.end_probe(phase);
    return finish(journal::RunOutcome::stopped, ExitCode::past_no_return,
                  "the window could not be finished: " + error.text());
  }
  if (run_.record().open_window() == nullptr) {
    hooks_.dismiss_guard();
    hooks_.end_probe(phase, false);
    return failed_outside(phase, error);
  }
  if (ownership_unknown) {
    run_.recorder.inside_window(false);
    hooks_.end_probe(phase);
    return finish(journal::RunOutcome::stopped, ExitCode::needs_person, error.text());
  }
  if (run_.output.warn) run_.output.warn(error.text() + "; undoing, so that clients go on");
  if (!undo_window(phase, error.text()))
    return finish(journal::RunOutcome::stopped, ExitCode::needs_person,
                  error.text() + "; not all of it could be undone");
  // What was prepared stays: it costs clients little, taking it away would cost them more, and the next try needs it
  // again.
  return finish(
      direction == Direction::back ? journal::RunOutcome::rollback_undone : journal::RunOutcome::window_undone,
      ExitCode::undone, error.text() + "; the window was undone");
}

bool RunEnd::undo_window(const runbook::Phase& phase, const std::string& why) {
  const bool clients = undoer_.undo_window(phase, why);
  if (clients) hooks_.dismiss_guard();
  if (run_.output.say) run_.output.say(describe_state(run_.world, serving(run_.world), run_.output.again));
  const auto saw = what_clients_saw(hooks_.end_probe(phase));
  if (run_.output.say && !saw.empty()) run_.output.say(saw);
  tell_failovers(run_, phase);
  return clients && undoer_.undo_phase(phase, Undoer::Part::all);
}

namespace {

constexpr auto patience_with_a_leader = std::chrono::seconds(2);

}  // namespace

Result<Json> note_leaders(RunState& run, const runbook::Phase& phase) {
  Json leaders = Json::object();
  const bool takes = std::any_of(phase.steps.begin(), phase.steps.end(),
                                 [](const auto& line) { return kind_of(line).description.traits.takes; });
  if (!takes) return leaders;
  for (auto* side : {&run.world.source, &run.world.target}) {
    TRY_ASSIGN(const auto leads, side->note_leadership(Deadline::in(patience_with_a_leader)));
    leaders[side->name()] = {{"member", leads.member}, {"timeline", leads.timeline}, {"standby", leads.standby}};
  }
  return leaders;
}

void expect_leaders(world::World& world, const Json& leaders) {
  for (auto* side : {&world.source, &world.target}) {
    const auto seen = object_in(leaders, side->name().c_str());
    if (seen.empty()) continue;
    side->expect(
        {text_in(seen, "member"), static_cast<std::uint32_t>(small_in(seen, "timeline")), truth_in(seen, "standby")});
  }
}

void tell_failovers(RunState& run, const runbook::Phase& phase) {
  const auto& serving = phase.is_rollback() == run.record().has_taken(phase.kind) ? run.world.source : run.world.target;
  for (auto* side : {&run.world.source, &run.world.target}) {
    const auto failover = side->failover(Deadline::in(patience_with_a_leader));
    if (!failover || failover->empty()) continue;
    auto text = fmt::format("{} failed over while clients waited: {}", side->label(), *failover);
    if (side == &serving) {
      text +=
          ". What its old leader had told clients and the new one had not received is lost, unless it replicates "
          "synchronously: that "
          "is Patroni's contract, and pgcleave can't bring it back";
    }
    const auto& told = run.record().misses;
    if (std::find(told.begin(), told.end(), text) != told.end()) continue;
    if (run.output.warn) run.output.warn(text);
    static_cast<void>(
        run.recorder.write("window.failover", {{"phase", phase.name}, {"side", side->name()}, {"text", text}}));
  }
}

}  // namespace pgcleave::engine
