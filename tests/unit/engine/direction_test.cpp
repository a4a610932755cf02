#include "engine/direction.h"

#include <catch2/catch.hpp>

namespace pgcleave::engine {

TEST_CASE("a phase goes back if its name says so, and each direction has one window") {
  for (const char* name : {"prepare", "gate", "window", "verify", ""}) CHECK(direction_of(name) == Direction::forward);
  for (const char* name : {"rollback.prepare", "rollback.gate", "rollback.window", "rollback.then"})
    CHECK(direction_of(name) == Direction::back);
  runbook::Phase phase;
  for (const auto direction : {Direction::forward, Direction::back}) {
    phase.name = window_of(direction);
    CHECK(direction_of(phase) == direction);
  }
}

}  // namespace pgcleave::engine
