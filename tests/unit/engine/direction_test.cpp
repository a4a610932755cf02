#include "engine/direction.h"

#include <catch2/catch.hpp>

namespace pgcleave::engine {

TEST_CASE("a phase goes back if its name says so, and each direction has one window") {
  for (const char* name : {"prepare", "gate", "window", "verify", "", "of another version"})
    CHECK(direction_of(name) == Direction::forward);
  for (const char* name : {"rollback.prepare", "rollback.gate", "rollback.window", "rollback.then"})
    CHECK(direction_of(name) == Direction::back);
  for (const auto direction : {Direction::forward, Direction::back})
    CHECK(direction_of(window_of(direction)) == direction);
  CHECK(direction_of(runbook::Phase(runbook::PhaseKind::window)) == Direction::forward);
  CHECK(direction_of(runbook::Phase(runbook::PhaseKind::rollback_window)) == Direction::back);
}

}  // namespace pgcleave::engine
