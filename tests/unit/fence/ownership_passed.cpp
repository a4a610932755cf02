#include "fence/owner_state.h"
#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::Installed;
using test::run;
using test::soon;

TEST_CASE("the log says when and by which run the owner of today came into its own") {
  Installed it;
  CHECK_FALSE(*fence::ownership_passed(it.admin, "ci", Owner::source, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-1", 1, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "r-1", 1, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-2", 2, soon()));
  const auto now = utc_now_us();
  const auto source = *fence::ownership_passed(it.admin, "ci", Owner::source, soon());
  REQUIRE(source);
  CHECK(source->run == "r-1");
  CHECK(source->at_us > now - 60'000'000);
  CHECK(source->at_us <= now + 1'000'000);
  CHECK((*fence::ownership_passed(it.admin, "ci", Owner::nobody, soon()))->run == "r-2");
  CHECK_FALSE(*fence::ownership_passed(it.admin, "ci", Owner::target, soon()));
  CHECK_FALSE(*fence::ownership_passed(it.admin, "web", Owner::source, soon()));
}

TEST_CASE("a server without a fence says nothing of who owned") {
  Installed it;
  run(it.admin, "DROP SCHEMA pgcleave CASCADE");
  CHECK_FALSE(*fence::ownership_passed(it.admin, "ci", Owner::source, soon()));
}
