#include "readiness/process.h"

#include "base/outside.h"
#include "readiness/process_findings.h"

namespace pgcleave::readiness {

Result<checks::Findings> process(checks::CheckContext& context) {
  const auto* change = context.change();
  if (change == nullptr) return checks::Findings{};
  auto found = process_findings(*change, evidence_for(*change));
  if (const auto tried = try_outside(context.deadline()); !tried.outside) found.push_back(guard_inside(tried));
  return found;
}

void offer_family() {
  checks::offer({"process", process});
}

}  // namespace pgcleave::readiness
