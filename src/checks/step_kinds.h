// The step kinds that judge by families of checks. They are here and not among the others, since steps can't see
// checks.
#pragma once

#include "steps/step.h"

namespace pgcleave::checks {

steps::StepKind check_readiness();
steps::StepKind check_settings();
steps::StepKind check_topology();
steps::StepKind check_truncation();

// Makes them known to the registry of steps; once, when a program begins.
void offer_step_kinds();

}  // namespace pgcleave::checks
