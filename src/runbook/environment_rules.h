// What must differ within an environment, or two things would be taken for one.
#pragma once

#include "runbook/environment.h"
#include "runbook/yaml.h"

namespace pgcleave::runbook {

void check_rules(const Node& root, const Environment& environment, Problems& problems);

}  // namespace pgcleave::runbook
