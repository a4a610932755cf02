// What the run itself refuses of the tables of one side (world/table_obstacles.h), as findings. Asks nobody.
#pragma once

#include "checks/finding.h"
#include "world/table_obstacles.h"

namespace pgcleave::checks {

Findings judge_obstacles(const std::vector<world::TableObstacle>& obstacles, const std::string& side);

}  // namespace pgcleave::checks
