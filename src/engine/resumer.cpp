#include "engine/resumer.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "engine/describe_state.h"
#include "engine/run_end.h"
#include "runbook/expressions.h"

namespace pgcleave::engine {

namespace {

// Null: the window takes no ownership.
const runbook::StepLine* take_of(const runbook::Phase& window) {
  const auto take = std::find_if(window.steps.begin(), window.steps.end(),
                                 [](const auto& line) { return kind_of(line).description.traits.takes; });
  return take == window.steps.end() ? nullptr : &*take;
}

bool is_untouched(const RunRecord& record, const runbook::StepLine& line) {
  const auto step = record.steps.find(line.id);
  return step == record.steps.end() || step->second.status == StepStatus::untouched;
}

}  // namespace

Resumer::Resumer(RunState& run, SplitLease& lease, WindowHooks& hooks, Undoer& undoer, WindowRunner& windows,
                 RunEnd& end)
    : run_(run), lease_(lease), hooks_(hooks), undoer_(undoer), windows_(windows), end_(end) {}

// A window's records are not on disk until `take` is announced: after a power cut the world may be further than the
// journal knows. So every step before it counts as begun. Undo inspects first, and does nothing where nothing was done.
void Resumer::assume_begun(const runbook::Phase& phase) {
  const auto before = run_.record().open_window()->before;
  // A process that is killed leaves its records; a power cut leaves none of this window.
  const bool records_lost = std::all_of(phase.steps.begin(), phase.steps.end(),
                                        [&](const auto& line) { return is_untouched(run_.record(), line); });
  for (const auto& line : phase.steps) {
    const auto& kind = kind_of(line);
    if (kind.description.traits.takes) return;
    if (kind.undo == nullptr || !is_untouched(run_.record(), line)) continue;
    const auto applies = line.when.empty() ? Result<bool>(true) : runbook::evaluate_condition(line.when, run_.scope());
    if (applies && !*applies) continue;
    const auto with = runbook::resolve_with(line, kind.description, run_.scope());
    if (!with) continue;  // it needs an output of a step that was lost with it
    static_cast<void>(run_.recorder.write("step.intent", {{"step", line.id},
                                                          {"uses", line.uses},
                                                          {"with", *with},
                                                          {"before", object_in(before, line.id.c_str())},
                                                          {"assumed", true},
                                                          {"records_lost", records_lost}}));
  }
}

// The part of an undo that a process did not live to finish, such as reattaching a promoted cluster. The window must
// not be entered before that. As long as ownership is not given back clients' writes fail: nothing slow is begun then,
// so that it is tried again soon.
bool Resumer::undo_left_over() {
  const auto* phase = run_.phase(window_of(run_.record().direction()));
  if (phase == nullptr) return true;
  const auto& windows = run_.record().windows;
  const auto window = windows.find(phase->kind);
  if (window == windows.end() || !window->second.outcome || window->second.is_done()) return true;
  expect_leaders(run_.world, window->second.leaders);
  if (!undoer_.undo_phase(*phase, Undoer::Part::clients_wait_for)) return false;
  tell_failovers(run_, *phase);
  return undoer_.undo_phase(*phase, Undoer::Part::all);
}

// What the dead process did. Its announcement of `take` was on disk before it was sent: without one, a side that can't
// be asked need not be, if this is the journal that it wrote.
Result<bool> Resumer::owner_says_taken(const runbook::StepLine& take) {
  const auto& steps = run_.record().steps;
  const auto known = steps.find(take.id);
  if ((known == steps.end() || known->second.intents == 0) && run_.world.run.knows_all) {
    const auto inspected = windows_.was_taken(take, Deadline::in(std::chrono::milliseconds(300)), false);
    return inspected && *inspected;
  }
  TRY_ASSIGN(const auto* side, run_.side_of(take));
  return windows_.was_taken(take, Deadline::in(std::chrono::seconds(10)), !lease_.is_signed_on(side->side_name()));
}

Result<bool> Resumer::ask_whether_taken(const runbook::Phase& phase, const runbook::StepLine* take) {
  if (run_.record().has_taken(phase.kind)) return true;
  return take == nullptr ? Result<bool>(false) : owner_says_taken(*take);
}

std::optional<RunResult> Resumer::finish_window(const runbook::Phase& phase, const runbook::StepLine* take) {
  if (run_.output.say) run_.output.say("the point of no return was passed: finishing the window");
  run_.recorder.must_go_on(true);
  if (!run_.record().has_taken(phase.kind))
    static_cast<void>(run_.recorder.write_to_disk("window.taken", {{"phase", phase.name}}));
  const auto from = take == nullptr ? phase.steps.size() : static_cast<std::size_t>(take - phase.steps.data()) + 1;
  if (const auto done = windows_.finish(phase, from); !done) return end_.failed_in_window(phase, done.error(), false);
  return {};
}

std::optional<RunResult> Resumer::undo_window(const runbook::Phase& phase) {
  if (run_.output.warn)
    run_.output.warn("the window was left open before the point of no return: undoing it, so that clients go on");
  run_.recorder.must_go_on(true);
  assume_begun(phase);
  if (end_.undo_window(phase, "its process died in the window")) return {};
  return end_.finish(journal::RunOutcome::stopped, ExitCode::needs_person, "the window could not be undone entirely");
}

std::optional<RunResult> Resumer::settle_window() {
  const auto* open = run_.record().open_window();
  if (open == nullptr) {
    if (undo_left_over()) return {};
    return end_.finish(journal::RunOutcome::stopped, ExitCode::needs_person,
                       "the window's last try could not be undone entirely");
  }
  const auto* phase = run_.phase(open->phase);
  if (phase == nullptr)
    return end_.finish(
        journal::RunOutcome::stopped, ExitCode::needs_person,
        "the journal names a window that the runbook does not have: " + std::string(name_of(open->phase)));
  run_.recorder.inside_window(true);
  expect_leaders(run_.world, open->leaders);
  static_cast<void>(hooks_.stand_by(*phase, true));
  const auto* take = take_of(*phase);
  const auto taken = ask_whether_taken(*phase, take);
  if (!taken)
    return end_.finish(journal::RunOutcome::stopped, ExitCode::needs_person,
                       "can't tell whether ownership was taken: " + taken.error().text());
  hooks_.begin_probe(*phase, true);
  return *taken ? finish_window(*phase, take) : undo_window(*phase);
}

namespace {

constexpr auto patience_with_an_owner = std::chrono::seconds(5);

bool takes_ownership(const runbook::Phase* window) {
  return window != nullptr && std::any_of(window->steps.begin(), window->steps.end(),
                                          [](const auto& line) { return kind_of(line).description.traits.takes; });
}

}  // namespace

std::optional<RunResult> refuse_without_owners(RunState& run) {
  if (run.world.run.knows_all) return {};
  const auto deadline = Deadline::in(patience_with_an_owner);
  for (auto* side : {&run.world.target, &run.world.source}) {
    const auto owner = [&]() -> Result<std::optional<fence::Owner>> {
      TRY_ASSIGN(auto* leader, side->leader(deadline));
      return fence::owner(*leader, run.world.split.name, deadline);
    }();
    if (owner) continue;
    return RunResult{
        ExitCode::needs_person,
        fmt::format(
            "this journal may lack what was done last, since it is not the one that signed the split last; then only "
            "both sides' owners tell who serves, and that of {} can't be read: {}. Nothing was changed: try again when "
            "it answers",
            side->label(), owner.error().text()),
        describe_state(run.world, serving(run.world), run.output.again), ""};
  }
  return run.record().open_window() == nullptr ? refuse_without_end(run) : std::nullopt;
}

std::optional<RunResult> refuse_without_end(RunState& run) {
  const bool takes = takes_ownership(run.phase(window_of(Direction::forward)));
  if (!takes || run.is_past_window(Direction::forward) || run.changed_nothing()) return {};
  const auto serves = serving(run.world);
  const auto refuse = [&](const char* text) {
    return RunResult{ExitCode::needs_person, text, describe_state(run.world, serves, run.output.again), ""};
  };
  if (serves == world::Serving::unknown && !run.world.run.knows_all)
    return refuse("this journal may lack what was done last, and who owns can't be read; nothing was undone");
  if (serves != world::Serving::target && serves != world::Serving::both)
    return {};  // nobody: this run released it, and its undo gives it back
  return refuse(
      "ownership was passed, but the journal does not know it: the end of this run is missing there. Nothing was "
      "undone. Bring back the journal as it was written last, its -wal file too, then try again; until then leave both "
      "sides as they are");
}

}  // namespace pgcleave::engine
