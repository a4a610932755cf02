#include <algorithm>

#include "base/format.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

std::vector<config::Problem> notes(const Runbook& runbook, const Vocabulary& vocabulary) {
  std::vector<config::Problem> out;
  const StepLine* takes = nullptr;
  bool has_rollback = false;
  for (const auto& phase : runbook.phases) {
    has_rollback = has_rollback || phase.is_rollback();
    for (const auto& step : phase.steps) {
      const auto* kind = find(vocabulary, step.uses);
      if (kind == nullptr) continue;
      if (step.written_as != step.uses) {
        out.push_back({step.at, fmt::format("step '{}': {} is called {} now", step.id, step.written_as, step.uses),
                       fmt::format("write uses: {}; the earlier name is still read", step.uses)});
      }
      if (kind->traits.takes && takes == nullptr) takes = &step;
      if (!kind->traits.changes || kind->can_be_undone()) continue;
      out.push_back(
          {step.at, fmt::format("step '{}' ({}) can't be undone: {}", step.id, step.uses, kind->why_not_undone()), ""});
    }
  }
  if (takes != nullptr && !has_rollback) {
    out.push_back({takes->at, fmt::format("after step '{}' there is no rollback: the runbook has none", takes->id),
                   "add rollback with a window that takes ownership back"});
  }
  return out;
}

}  // namespace pgcleave::runbook
