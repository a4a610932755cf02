// The family process: rehearsals, forecast, signatures, where a guard would run. Says nothing when no runbook is given.
#include "base/outside.h"
#include "checks/families.h"
#include "checks/process_findings.h"

namespace pgcleave::checks {

Result<Findings> process(CheckContext& context) {
  const auto* change = context.change();
  if (change == nullptr) return Findings{};
  auto found = process_findings(*change, evidence_for(*change));
  if (const auto tried = try_outside(context.deadline()); !tried.outside) found.push_back(guard_inside(tried));
  return found;
}

}  // namespace pgcleave::checks
