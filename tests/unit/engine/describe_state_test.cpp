#include "engine/describe_state.h"

#include "a_split.h"

namespace pgcleave::engine {

TEST_CASE("people are told who owns the moved tables, and when both or nobody does") {
  ASplit run(head + "prepare:\n" + make("a"));
  auto world = run.open_world();
  const auto told = [&] { return describe_state(world, serving(world), " -e lab.yml"); };
  const auto pass = [&](postgres::Connection& side, fence::Owner from, fence::Owner to) {
    REQUIRE(fence::pass_ownership(side, "ci", from, to, ARun::id, 1, postgres::test::soon()));
  };
  CHECK(told() == "source main owns the moved tables; no pool is paused");
  pass(run.target, fence::Owner::source, fence::Owner::target);
  CHECK(told() ==
        "source main and target ci BOTH own the moved tables: pgcleave repair-owner -e lab.yml; no pool is paused");
  pass(run.source, fence::Owner::source, fence::Owner::nobody);
  CHECK(told() == "target ci owns the moved tables; no pool is paused");
  pass(run.target, fence::Owner::target, fence::Owner::nobody);
  CHECK(told() == "nobody owns the moved tables: their writes fail; no pool is paused");
  auto unreachable = ARun::world();
  CHECK(describe_state(unreachable, serving(unreachable), "") ==
        "who owns the moved tables can't be seen; no pool is paused");
}

}  // namespace pgcleave::engine
