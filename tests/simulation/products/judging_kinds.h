// The step kinds that judge by families of checks (steps/check/judging.h), which nobody links here: the families
// ask for catalogs, settings, statements and logins of which the model has nothing.
#pragma once

#include <vector>

#include "steps/step.h"

namespace pgcleave::simulation {

std::vector<steps::StepKind> judging_kinds();

}  // namespace pgcleave::simulation
