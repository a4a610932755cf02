#include "engine/direction.h"

#include <catch2/catch.hpp>

namespace pgcleave::engine {

TEST_CASE("a phase goes forward or back, and each direction has one window") {
  using enum runbook::PhaseKind;
  for (const auto phase : {prepare, gate, window, verify}) CHECK(direction_of(phase) == Direction::forward);
  for (const auto phase : {rollback_prepare, rollback_gate, rollback_window, rollback_then})
    CHECK(direction_of(phase) == Direction::back);
  for (const auto direction : {Direction::forward, Direction::back})
    CHECK(direction_of(window_of(direction)) == direction);
  CHECK(direction_of(runbook::Phase(runbook::PhaseKind::window)) == Direction::forward);
  CHECK(direction_of(runbook::Phase(runbook::PhaseKind::rollback_window)) == Direction::back);
}

}  // namespace pgcleave::engine
