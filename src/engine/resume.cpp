// Taking up a run whose process died or stopped. Both sides' owners are the truth: they say how far it came.
#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "engine/irreversible.h"
#include "engine/run.h"

namespace pgcleave::engine {

// A window's records are not on disk until `take` is announced: after a power cut the world may be further than the journal knows. So
// every step before it counts as begun. Undo looks first, and does nothing where nothing was done.
void Run::assume_begun(const runbook::Phase& phase) {
  const auto before = recorder_.record().open_window()->before;
  // A process that is killed leaves its records; a power cut leaves none of this window.
  const auto& recorded = recorder_.record().steps;
  const bool records_lost = std::none_of(phase.steps.begin(), phase.steps.end(), [&](const auto& line) {
    const auto step = recorded.find(line.id);
    return step != recorded.end() && step->second.status != StepStatus::untouched;
  });
  for (const auto& line : phase.steps) {
    const auto& step_kind = kind(line);
    if (step_kind.description.meaning.takes) return;
    const auto& known = recorder_.record().steps;
    const auto step = known.find(line.id);
    if (step_kind.undo == nullptr || (step != known.end() && step->second.status != StepStatus::untouched)) continue;
    if (const auto holds = line.when.empty() ? Result<bool>(true) : runbook::evaluate_condition(line.when, scope()); holds && !*holds) continue;
    const auto with = runbook::resolve_with(line, step_kind.description, scope());
    if (!with) continue;  // it needs a fact of a step that was lost with it
    static_cast<void>(recorder_.write(
        "step.intent",
        {{"step", line.id},
         {"uses", line.uses},
         {"with", *with},
         {"before", object_in(before, line.id.c_str())},
         {"assumed", true},
         {"records_lost", records_lost}}));
  }
}

// The part of an undo that a process did not live to finish, such as reattaching a promoted cluster. The window must not be entered before
// that. As long as ownership is not given back clients' writes fail: nothing slow is begun then, so that it is tried again soon.
bool Run::undo_left_over() {
  const auto* phase = phase_of(recorder_.record().rolling_back ? "rollback.window" : "window");
  if (phase == nullptr) return true;
  const auto window = recorder_.record().windows.find(phase->name);
  if (window == recorder_.record().windows.end() || window->second.outcome.empty() || window->second.outcome == "done") return true;
  expect_leaders(window->second.leaders);
  if (!undo_steps(phase, phase->is_rollback(), true)) return false;
  tell_failovers(*phase);
  return undo_steps(phase, phase->is_rollback(), false);
}

// What the dead process did. Its announcement of `take` was on disk before it was sent: without one, a side that can't be asked need not
// be, if this is the journal that it wrote.
Result<bool> Run::take_was_passed(const runbook::StepLine& take) {
  const auto& steps = recorder_.record().steps;
  const auto known = steps.find(take.id);
  if ((known == steps.end() || known->second.intents == 0) && world_.run.knows_all) {
    const auto looked = was_taken(take, Deadline::in(std::chrono::milliseconds(300)), false);
    return looked && *looked;
  }
  const auto side = steps::Context{world_, take.id, take.with, Deadline::in({}), nullptr}.on().name();
  return was_taken(take, Deadline::in(std::chrono::seconds(10)), signed_sides_.count(side) == 0);
}

std::optional<RunResult> Run::settle_window() {
  const auto* open = recorder_.record().open_window();
  if (open == nullptr) {
    if (undo_left_over()) return {};
    return finish("stopped", ExitCode::needs_person, "the window's last try could not be undone entirely");
  }
  const auto* phase = phase_of(open->phase);
  if (phase == nullptr)
    return finish("stopped", ExitCode::needs_person, "the journal names a window that the runbook does not have: " + open->phase);
  const auto take =
      std::find_if(phase->steps.begin(), phase->steps.end(), [](const auto& line) { return kind(line).description.meaning.takes; });
  bool is_taken = recorder_.record().has_taken(phase->name);
  recorder_.inside_window(true);
  expect_leaders(open->leaders);
  if (guarding_.stand_by) static_cast<void>(guarding_.stand_by(*phase, true));
  if (take != phase->steps.end() && !is_taken) {
    const auto looked = take_was_passed(*take);
    if (!looked) return finish("stopped", ExitCode::needs_person, "can't tell whether ownership was taken: " + looked.error().text());
    is_taken = *looked;
  }
  begin_watch(*phase, true);
  if (is_taken) {
    if (talk_.say) talk_.say("the point of no return was passed: finishing the window");
    recorder_.must_go_on(true);
    if (!recorder_.record().has_taken(phase->name)) static_cast<void>(recorder_.write_to_disk("window.taken", {{"phase", phase->name}}));
    auto done = tail(*phase, static_cast<std::size_t>(take - phase->steps.begin()) + (take == phase->steps.end() ? 0 : 1));
    if (done) done = leave_done(*phase);
    if (!done) return failed_window(*phase, done.error());
    return {};
  }
  if (talk_.warn) talk_.warn("the window was left open before the point of no return: undoing it, so that clients go on");
  recorder_.must_go_on(true);
  assume_begun(*phase);
  const bool clients = undo_window(*phase, "its process died in the window");
  if (clients) dismiss_guard();
  if (talk_.say) talk_.say(describe_state(serving()));
  if (const auto saw = what_clients_saw(end_watch(*phase)); talk_.say && !saw.empty()) talk_.say(saw);
  tell_failovers(*phase);
  const bool rest = clients && undo_steps(phase, phase->is_rollback(), false);
  if (!rest) return finish("stopped", ExitCode::needs_person, "the window could not be undone entirely");
  return {};
}

// A journal that was restored from a copy, or whose file was exchanged. What this run prepared would be undone under the side that serves
// now: its fence, the way back, the promotion itself. Nothing is written either: that would be a second end beside the lost one.
std::optional<RunResult> Run::lacks_its_end() {
  const auto* window = phase_of("window");
  const bool takes = window != nullptr && std::any_of(window->steps.begin(), window->steps.end(),
                                                      [](const auto& line) { return kind(line).description.meaning.takes; });
  if (!takes || taken(false) || fresh()) return {};
  const auto serves = serving();
  if (serves == "unknown" && !world_.run.knows_all) {
    return RunResult{ExitCode::needs_person,
                  "this journal may lack what was done last, and who owns can't be read; nothing was undone",
                  describe_state(serves), ""};
  }
  if (serves != "target" && serves != "both") return {};  // nobody: this run let it go, and its undo gives it back
  const std::string text =
      "ownership was passed, but the journal does not know it: the end of this run is missing there. Nothing was undone. Bring back the "
      "journal as it was written last, its -wal file too, then try again; until then leave both sides as they are";
  return RunResult{ExitCode::needs_person, text, describe_state(serves), ""};
}

RunResult Run::settle() {
  const bool rollback = recorder_.record().rolling_back;
  if (auto no = begin_acting()) return *no;
  if (auto stuck = settle_window()) return *stuck;
  const auto* phase = phase_of(rollback ? "rollback.window" : "window");
  const auto window = recorder_.record().windows.find(phase == nullptr ? "" : phase->name);
  if (window != recorder_.record().windows.end() && window->second.outcome == "done")
    return finish("stopped", ExitCode::past_no_return, "the window was finished; what comes after it was not begun");
  return finish(rollback ? "rollback_undone" : "window_undone", ExitCode::undone, "the window was undone");
}

RunResult Run::resume() {
  if (auto no = begin_acting()) return *no;
  if (auto stuck = settle_window()) return *stuck;
  if (auto stuck = lacks_its_end()) return *stuck;
  now_knows_all();
  return recorder_.record().rolling_back ? way_back() : phases(false);
}

RunResult Run::back() {
  if (const auto no = rollback_blocker(recorder_.record(), runbook_)) {
    return {ExitCode::not_ready, no->text(), describe_state(serving()), next_command(recorder_.record(), talk_.again)};
  }
  if (auto no = begin_acting()) return *no;
  if (auto stuck = settle_window()) return *stuck;
  if (auto stuck = lacks_its_end()) return *stuck;
  now_knows_all();
  return way_back();
}

RunResult Run::way_back() {
  if (!taken(false)) {
    if (const auto may = may_undo(false); !may) {
      note_waiting(may.error());
      const bool asks = may.error().kind == ErrorKind::waiting;
      return finish("rollback_undone", asks ? ExitCode::waiting : ExitCode::needs_person, "nothing was undone: " + may.error().text());
    }
    static_cast<void>(recorder_.write("undo.begun", {{"why", "rollback was asked for before the point of no return"}}));
    if (!undo_rest(false)) return finish("stopped", ExitCode::needs_person, "not all of it could be undone");
    return finish("undone", ExitCode::done, "undone; it had not come to the point of no return");
  }
  if (const auto verified = prove_rollback(); !verified) return failed_outside(*phase_of("verify"), verified.error());
  return phases(true);
}

}  // namespace pgcleave::engine
