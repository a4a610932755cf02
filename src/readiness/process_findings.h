// Is this change rehearsed, within its budget, and signed? Judged from what journals hold of earlier runs. Asks nobody.
#pragma once

#include "base/outside.h"
#include "checks/families.h"
#include "checks/finding.h"
#include "readiness/evidence.h"

namespace pgcleave::readiness {

// Every finding of the family `process`.
checks::Findings process_findings(const Change& change, const Evidence& evidence);
// A guard that what ends its run would end too.
checks::Finding guard_inside(const TriedOutside& tried);

// The family `process` of checks: rehearsals, forecast, signatures, where a guard would run.

// Nothing where no runbook is given.
Result<checks::Findings> process(checks::CheckContext& context);

// Makes it known to the families of checks; once, when a program begins.
void offer_family();

}  // namespace pgcleave::readiness
