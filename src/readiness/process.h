// The family `process` of checks: rehearsals, forecast, signatures, where a guard would run.
#pragma once

#include "checks/families.h"

namespace pgcleave::readiness {

// Nothing where no runbook is given.
Result<checks::Findings> process(checks::CheckContext& context);

// Makes it known to the families of checks; once, when a program begins.
void offer_family();

}  // namespace pgcleave::readiness
