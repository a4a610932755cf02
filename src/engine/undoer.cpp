#include "engine/undoer.h"

#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "engine/readable.h"
#include "steps/registry.h"

namespace pgcleave::engine {

namespace {

constexpr auto urgent_timeout = std::chrono::seconds(10);
constexpr auto prepared_timeout = std::chrono::minutes(1);
constexpr auto patient_timeout = std::chrono::minutes(5);

// What clients wait for is undone at once; a promotion takes its time.
Duration timeout_of(const steps::StepKind& kind, bool in_window) {
  if (kind.undo_order == steps::UndoOrder::after_traffic) return patient_timeout;
  return in_window ? Duration(urgent_timeout) : Duration(prepared_timeout);
}

bool needs_undo(StepStatus status) {
  return status == StepStatus::begun || status == StepStatus::done || status == StepStatus::waiting ||
         status == StepStatus::failed || status == StepStatus::undo_failed;
}

}  // namespace

Undoer::Undoer(RunState& run) : run_(run) {}

bool Undoer::undo_step(const std::string& id) {
  const auto record = run_.record().steps.at(id);
  const auto* kind = steps::find(record.uses);
  if (kind == nullptr || kind->undo == nullptr || !needs_undo(record.status)) return true;
  const auto began = Monotonic::now();
  const auto timeout = timeout_of(*kind, record.phase && runbook::is_window(*record.phase));
  steps::Context context{run_.world, id, record.with, Deadline::in(timeout), nullptr};
  context.in_doubt = record.is_in_doubt();
  run_.effects.for_step(id, true);
  const auto undone = readable(id, [&] { return kind->undo(context, record.before, record.outputs); });
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  if (undone) {
    if (run_.output.say) run_.output.say(fmt::format("  {:<22} {:>9}  undone", id, to_text(took)));
    return run_.recorder.write("step.undone", {{"step", id}, {"ms", milliseconds(took)}}).has_value();
  }
  if (run_.output.warn) run_.output.warn(fmt::format("  {} could not be undone: {}", id, undone.error().text()));
  run_.note_waiting(undone.error());
  static_cast<void>(run_.recorder.write(
      "undo.failed", {{"step", id}, {"error", json_of(undone.error())}, {"text", undone.error().text()}}));
  return false;
}

// What a person has to decide is known before the first step is undone, so that one who does not want it can go on
// instead.
Result<void> Undoer::may_undo(Direction direction) {
  for (const auto& id : run_.record().order) {
    const auto& record = run_.record().steps.at(id);
    const auto* kind = steps::find(record.uses);
    const bool concerned = record.direction() == direction && needs_undo(record.status);
    if (kind == nullptr || kind->may_undo == nullptr || !concerned) continue;
    steps::Context context{run_.world, id, record.with, Deadline::in(prepared_timeout), &run_.stop};
    const auto may = readable(id, [&] { return kind->may_undo(context, record.before); });
    if (!may && (may.error().kind == ErrorKind::waiting || may.error().kind == ErrorKind::conflict)) return may;
  }
  return {};
}

bool Undoer::undo_steps(const runbook::Phase* only, Direction direction, Part part) {
  auto ids = run_.record().order;
  std::reverse(ids.begin(), ids.end());
  bool complete = true;
  for (const auto& id : ids) {
    const auto& record = run_.record().steps.at(id);
    const auto* kind = steps::find(record.uses);
    if (kind == nullptr || (only != nullptr && record.phase != only->kind)) continue;
    if (record.direction() != direction) continue;
    if (part == Part::clients_wait_for && kind->undo_order != steps::UndoOrder::before_traffic) continue;
    complete = undo_step(id) && complete;
  }
  return complete;
}

bool Undoer::undo_phase(const runbook::Phase& phase, Part part) {
  return undo_steps(&phase, direction_of(phase), part);
}

bool Undoer::undo_window(const runbook::Phase& phase, const std::string& why) {
  const auto began = Monotonic::now();
  run_.recorder.must_go_on(true);
  static_cast<void>(run_.recorder.write("undo.begun", {{"why", why}}));
  const bool complete = undo_phase(phase, Part::clients_wait_for);
  run_.recorder.inside_window(false);
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  static_cast<void>(run_.recorder.write(
      "window.left", {{"phase", phase.name},
                      {"outcome", name_of(complete ? journal::WindowOutcome::undone : journal::WindowOutcome::failed)},
                      {"ms", milliseconds(took)}}));
  run_.recorder.must_go_on(false);
  return complete;
}

bool Undoer::undo_rest(Direction direction) {
  const auto* window = run_.phase(window_of(direction));
  bool complete = window == nullptr || undo_steps(window, direction, Part::all);
  complete = undo_steps(nullptr, direction, Part::all) && complete;
  static_cast<void>(run_.recorder.write("undo.finished", {{"complete", complete}}));
  return complete;
}

std::vector<std::string> irreversible(const RunRecord& run, Direction direction) {
  std::vector<std::string> found;
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    const auto* kind = steps::find(step.uses);
    if (kind == nullptr || kind->description.can_be_undone() || step.effects <= 0) continue;
    if (step.phase == window_of(direction) || step.direction() != direction) continue;
    found.push_back(fmt::format("{} ({}): {}", id, step.uses, kind->description.why_not_undone()));
  }
  return found;
}

bool is_past_window(const RunRecord& run, const runbook::Runbook& runbook, Direction direction) {
  const auto window = run.windows.find(window_of(direction));
  if (window == run.windows.end()) return false;
  const bool says_how_to_go_back =
      std::any_of(runbook.phases.begin(), runbook.phases.end(), [](const auto& phase) { return phase.is_rollback(); });
  return window->second.taken || (window->second.is_done() && says_how_to_go_back);
}

std::optional<Error> rollback_blocker(const RunRecord& run, const runbook::Runbook& runbook) {
  if (run.rolling_back || is_past_window(run, runbook, Direction::forward)) return {};
  const auto done = irreversible(run, Direction::forward);
  if (done.empty()) return {};
  Error error{
      ErrorKind::not_ready, "run " + run.id, "can't be rolled back: what it did can't be undone", "", "", "", ""};
  error.seen = fmt::format("{}", fmt::join(done, "; "));
  error.hint = run.finished && !run.is_open() ? "it is over, and there is nothing to do"
                                              : "finish it with: pgcleave resume " + run.id;
  return error;
}

}  // namespace pgcleave::engine
