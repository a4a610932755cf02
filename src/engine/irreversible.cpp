#include "engine/irreversible.h"

#include <algorithm>

#include "base/format.h"
#include "steps/registry.h"

namespace pgcleave::engine {
namespace {

bool is_window(const std::string& phase) {
  return phase == window_of(direction_of(phase));
}

}  // namespace

std::vector<std::string> irreversible(const RunRecord& run, Direction direction) {
  std::vector<std::string> found;
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    const auto* kind = steps::find(step.uses);
    if (kind == nullptr || kind->description.can_be_undone() || step.effects <= 0) continue;
    if (is_window(step.phase) || direction_of(step.phase) != direction) continue;
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
