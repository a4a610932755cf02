// Is this change rehearsed, within its budget, and signed? Judged from what journals hold of earlier runs. Asks nobody.
#pragma once

#include "base/outside.h"
#include "checks/finding.h"
#include "readiness/evidence.h"

namespace pgcleave::readiness {

// Every finding of the family `process`.
checks::Findings process_findings(const Change& change, const Evidence& evidence);
// A guard that what ends its run would end too.
checks::Finding guard_inside(const TriedOutside& tried);

}  // namespace pgcleave::readiness
