#include "checks/schema/obstacles.h"

#include "base/format.h"

namespace pgcleave::checks {

Findings judge_obstacles(const std::vector<world::TableObstacle>& obstacles, const std::string& side) {
  Findings found;
  for (const auto& one : obstacles) {
    const bool crosses = one.kind == world::TableObstacle::Kind::crosses_by_inheritance;
    found.push_back(
        {crosses ? "schema.inheritance_crosses" : "schema.partition_half_detached", Severity::blocker,
         fmt::format("table {} on {}", one.table.sql(), side), one.what,
         fmt::format("SELECT inhparent::regclass, inhdetachpending FROM pg_inherits WHERE inhrelid = {}::regclass",
                     postgres::quote_literal(one.table.sql())),
         crosses ? "a statement that names the parent changes rows of the child too, and is stopped by the parent's "
                   "fence alone; its "
                   "readers see a stale copy of one of the two"
                 : "it takes writes of its own, but is neither published with its parent nor emptied with it, so its "
                   "rows would be "
                   "lost on the way; no run begins",
         crosses ? "put both into one class of the split file, or: " + one.fix : one.fix});
  }
  return found;
}

}  // namespace pgcleave::checks
