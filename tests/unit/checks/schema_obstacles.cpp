#include <catch2/catch.hpp>

#include "checks/schema/tables.h"
#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

TEST_CASE("inheritance over the line and a half detached partition block, and the fix is a statement") {
  using Obstacle = world::TableObstacle::Kind;
  const auto found =
      judge_obstacles({{Obstacle::crosses_by_inheritance, {"ci", "jobs"}, {"public", "users"}, "why", "ALTER TABLE x"},
                       {Obstacle::half_detached, {"ci", "p"}, {"ci", "t"}, "why not", "ALTER TABLE y"}},
                      "source main");
  CHECK(lines(found) == Lines{"blocker schema.inheritance_crosses table ci.jobs on source main",
                              "blocker schema.partition_half_detached table ci.p on source main"});
  CHECK(found[0].fix == "put both into one class of the split file, or: ALTER TABLE x");
  CHECK(found[1].fix == "ALTER TABLE y");
}
