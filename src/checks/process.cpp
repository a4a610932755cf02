// The family process: rehearsals, forecast, signatures. Says nothing when no runbook is given.
#include "checks/families.h"
#include "checks/process_findings.h"

namespace pgcleave::checks {

Result<Findings> process(Look& look) {
  const auto* change = look.change();
  if (change == nullptr) return Findings{};
  return process_findings(*change, evidence_for(*change));
}

}  // namespace pgcleave::checks
