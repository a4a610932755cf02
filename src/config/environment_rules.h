// What must differ within an environment, or two things would be taken for one.
#pragma once

#include "config/environment.h"
#include "config/yaml.h"

namespace pgcleave::config {

void check_rules(const Node& root, const Environment& environment, Problems& problems);

}  // namespace pgcleave::config
