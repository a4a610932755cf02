// The step kinds that judge by families of checks: a library of their own, so that the simulation can have others.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

StepKind check_readiness();
StepKind check_settings();
StepKind check_topology();
StepKind check_truncation();

// Makes them known to the registry of steps; once, when a program begins.
void offer_step_kinds();

}  // namespace pgcleave::steps
