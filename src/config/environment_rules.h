// What must differ within an environment, or two things would be taken for one.
#pragma once

#include "config/environment.h"
#include "config/yaml.h"

namespace pgcleave::config {

// What `database` or `databases` of a pool name, in the order of the file: the environment has a pool for each.
std::vector<const Node*> databases_of(const Node& pool);

// After reading: pools in the order of the file.
void check_rules(const Node& root, const Environment& environment, Problems& problems);

}  // namespace pgcleave::config
