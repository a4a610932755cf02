// Members of the target that a rollback left behind, or that would be left behind by the next promotion. Asked of the
// servers.
#pragma once

#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::app {

// A sentence for each, with the command that fixes it. Empty also where the target is no standby, or can't be asked.
std::vector<std::string> members_behind(world::World& world, Deadline deadline);

}  // namespace pgcleave::app
