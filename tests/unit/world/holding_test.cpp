#include "world/holding.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::steps;
using namespace pgcleave::world;

namespace {

const fence::Holder mine{"r-1", 4, "ops@a", "a", "/a/journal.db (file 17)", "", false};

SideHeld side(const fence::Holder& holder, int last_epoch) {
  return {true, {true, holder, last_epoch}};
}

}  // namespace

TEST_CASE("a journal knows all if it signed last, under an epoch that it knows, wherever an answer came from") {
  const SideHeld silent;
  const SideHeld bare{true, {}};
  CHECK(world::SplitHeld{side(mine, 4), side(mine, 4)}.signed_last_by(mine, 4));
  CHECK(world::SplitHeld{side(mine, 4), silent}.signed_last_by(mine, 4));
  CHECK(world::SplitHeld{bare, bare}.signed_last_by(mine, 1));
  CHECK_FALSE(world::SplitHeld{silent, silent}.signed_last_by(mine, 4));
  CHECK_FALSE(world::SplitHeld{side(mine, 5), side(mine, 4)}.signed_last_by(mine, 4));
  CHECK_FALSE(world::SplitHeld{side(mine, 4), side(mine, 5)}.signed_last_by(mine, 4));

  auto later_run = mine;
  later_run.run = "r-2";
  CHECK(SplitHeld{side(later_run, 4), silent}.signed_last_by(mine, 4));
  for (const bool over : {true, false}) {
    auto copy = mine;
    copy.over = over;
    copy.journal = "/a/journal.db (file 18)";
    CHECK_FALSE(SplitHeld{side(mine, 4), side(copy, 4)}.signed_last_by(mine, 4));
    auto elsewhere = mine;
    elsewhere.over = over;
    elsewhere.host = "b";
    CHECK_FALSE(SplitHeld{side(elsewhere, 4), silent}.signed_last_by(mine, 4));
  }
}
