#include <catch2/catch.hpp>

#include "checks/check_context.h"

using namespace pgcleave::checks;
using pgcleave::fence::Owner;

TEST_CASE("where a split stands is told by recovery, owner and the mark of a run") {
  CHECK(stage_of(StageSeen{}) == Stage::unknown);
  CHECK(stage_of(StageSeen{true, true, {}, false}) == Stage::standby);
  CHECK(stage_of(StageSeen{true, true, Owner::source, true}) == Stage::standby);
  CHECK(stage_of(StageSeen{true, false, Owner::target, true}) == Stage::split);
  CHECK(stage_of(StageSeen{true, false, Owner::source, true}) == Stage::promoted);
  CHECK(stage_of(StageSeen{true, false, {}, false}) == Stage::promoted_by_others);
  CHECK(stage_of(StageSeen{true, false, Owner::source, false}) == Stage::promoted_by_others);
}
