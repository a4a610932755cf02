// Undo: last first, the failed step included, each with a fresh deadline, all attempted, each recorded.
#include <algorithm>

#include "base/format.h"
#include "engine/readable.h"
#include "engine/run.h"

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
  return status == StepStatus::begun || status == StepStatus::done || status == StepStatus::waiting || status == StepStatus::failed ||
         status == StepStatus::undo_failed;
}

}  // namespace

bool Run::undo_step(const std::string& id) {
  const auto record = recorder_.record().steps.at(id);
  const auto* step_kind = steps::find(record.uses);
  if (step_kind == nullptr || step_kind->undo == nullptr || !needs_undo(record.status)) return true;
  const auto* phase = phase_of(record.phase);
  const auto began = Monotonic::now();
  steps::Context context{world_, id, record.with, Deadline::in(timeout_of(*step_kind, phase != nullptr && phase->is_window)), nullptr};
  context.in_doubt = record.is_in_doubt();
  effects_.for_step(id, true);
  const auto undone = readable(id, [&] { return step_kind->undo(context, record.before, record.facts); });
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  if (undone) {
    if (talk_.say) talk_.say(fmt::format("  {:<22} {:>9}  undone", id, to_text(took)));
    return recorder_.write("step.undone", {{"step", id}, {"ms", milliseconds(took)}}).has_value();
  }
  if (talk_.warn) talk_.warn(fmt::format("  {} could not be undone: {}", id, undone.error().text()));
  note_waiting(undone.error());
  static_cast<void>(recorder_.write("undo.failed", {{"step", id}, {"error", json_of(undone.error())}, {"text", undone.error().text()}}));
  return false;
}

// What a person has to decide is known before the first step is undone, so that whoever does not want it can go on instead.
Result<void> Run::may_undo(bool rollback) {
  for (const auto& id : recorder_.record().order) {
    const auto& record = recorder_.record().steps.at(id);
    const auto* step_kind = steps::find(record.uses);
    const bool concerned = (record.phase.rfind("rollback.", 0) == 0) == rollback && needs_undo(record.status);
    if (step_kind == nullptr || step_kind->may_undo == nullptr || !concerned) continue;
    steps::Context context{world_, id, record.with, Deadline::in(prepared_timeout), &stop_};
    const auto may = readable(id, [&] { return step_kind->may_undo(context, record.before); });
    // What can't be seen is left to undo, which tries for longer, and refuses by itself.
    if (!may && (may.error().kind == ErrorKind::waiting || may.error().kind == ErrorKind::foreign)) return may;
  }
  return {};
}

// Of an error that names the gate as its object, and the words that it asks for as what was expected.
void Run::note_waiting(const Error& error) {
  if (error.kind != ErrorKind::waiting) return;
  Json waiting{{"step", error.object.substr(error.object.find(' ') + 1)}, {"text", error.what}};
  if (!error.expected.empty()) waiting["words"] = error.expected;
  static_cast<void>(recorder_.write("gate.waiting", waiting));
}

bool Run::undo_steps(const runbook::Phase* only, bool rollback, bool urgent) {
  auto ids = recorder_.record().order;
  std::reverse(ids.begin(), ids.end());
  bool complete = true;
  for (const auto& id : ids) {
    const auto& record = recorder_.record().steps.at(id);
    const auto* step_kind = steps::find(record.uses);
    if (step_kind == nullptr || (only != nullptr && record.phase != only->name)) continue;
    if ((record.phase.rfind("rollback.", 0) == 0) != rollback) continue;
    if (urgent && step_kind->undo_order != steps::UndoOrder::before_traffic) continue;
    complete = undo_step(id) && complete;
  }
  return complete;
}

bool Run::undo_window(const runbook::Phase& phase, const std::string& why) {
  const auto began = Monotonic::now();
  recorder_.must_go_on(true);
  static_cast<void>(recorder_.write("undo.begun", {{"why", why}}));
  const bool complete = undo_steps(&phase, phase.is_rollback(), true);
  recorder_.inside_window(false);
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  static_cast<void>(
      recorder_.write("window.left", {{"phase", phase.name}, {"outcome", complete ? "undone" : "failed"}, {"ms", milliseconds(took)}}));
  recorder_.must_go_on(false);
  return complete;
}

bool Run::undo_rest(bool rollback) {
  const auto* window = phase_of(rollback ? "rollback.window" : "window");
  // First the window's slow part, such as reattaching a promoted cluster, then what was prepared.
  bool complete = window == nullptr || undo_steps(window, rollback, false);
  complete = undo_steps(nullptr, rollback, false) && complete;
  static_cast<void>(recorder_.write("undo.finished", {{"complete", complete}}));
  return complete;
}

}  // namespace pgcleave::engine
