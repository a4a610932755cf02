#include "fence/split_tables.h"

#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::Installed;
using test::run;
using test::soon;

namespace {

FrozenSplit two_tables() {
  return {
      "r-1", 3, "split: 1\nname: 'ci \\'\n", {{7, {"ci", "a \"b\\"}, "moved", 7}, {9, {"public", "p_1"}, "shared", 8}}};
}

}  // namespace

TEST_CASE("what is in a split is written down word for word, anew by each run, and goes with the fence") {
  Installed it;
  CHECK_FALSE(*fence::frozen_split(it.admin, "ci", soon()));
  REQUIRE(fence::freeze_split(it.admin, "ci", two_tables(), soon()));
  auto seen = *fence::frozen_split(it.admin, "ci", soon());
  REQUIRE(seen);
  CHECK(seen->run == "r-1");
  CHECK(seen->epoch == 3);
  CHECK(seen->text == two_tables().text);
  CHECK(seen->tables == two_tables().tables);
  CHECK(seen->find(9)->of_class == "shared");
  CHECK(seen->find(8) == nullptr);

  REQUIRE(freeze_split(it.admin, "ci", fence::FrozenSplit{"r-2", 4, "", {}}, soon()));
  REQUIRE(fence::freeze_split(it.admin, "web", two_tables(), soon()).has_value() == false);  // no such fence
  seen = *fence::frozen_split(it.admin, "ci", soon());
  CHECK(seen->run == "r-2");
  CHECK(seen->tables.empty());
  REQUIRE(fence::freeze_split(it.admin, "ci", std::nullopt, soon()));
  CHECK_FALSE(*fence::frozen_split(it.admin, "ci", soon()));

  REQUIRE(fence::freeze_split(it.admin, "ci", two_tables(), soon()));
  REQUIRE(fence::uninstall(it.admin, test::the_fence, soon()));
  CHECK_FALSE(*fence::frozen_split(it.admin, "ci", soon()));
}

TEST_CASE("nothing is written down any more once the source has given ownership up") {
  Installed it;
  REQUIRE(fence::freeze_split(it.admin, "ci", two_tables(), soon()));
  for (const char* owner : {"0", "2"}) {
    run(it.admin, std::string("SELECT setval('pgcleave.owner_ci', ") + owner + ")");
    for (const auto& what :
         {std::optional(fence::FrozenSplit{"r-2", 4, "", {}}), std::optional<fence::FrozenSplit>()}) {
      const auto refused = fence::freeze_split(it.admin, "ci", what, soon());
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::conflict);
    }
    CHECK((*fence::frozen_split(it.admin, "ci", soon()))->run == "r-1");
  }
}

TEST_CASE("the run that split is the last one that gave the target ownership") {
  Installed it;
  CHECK(fence::run_that_split(it.admin, "ci", soon())->empty());
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "r-1", 1, soon()));
  CHECK(fence::run_that_split(it.admin, "ci", soon())->empty());
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "r-1", 1, soon()));
  CHECK(*fence::run_that_split(it.admin, "ci", soon()) == "r-1");
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::target, Owner::nobody, "r-2", 2, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "r-2", 2, soon()));
  CHECK(*fence::run_that_split(it.admin, "ci", soon()) == "r-2");
}

TEST_CASE("what was written down of a split is not taken for nothing where it can't be read") {
  const Installed it;
  auto session = test::main_server().connect();
  auto admin = test::main_server().connect();
  run(admin,
      "SELECT pg_terminate_backend(" + run(session, "SELECT pg_backend_pid() AS pid").text(0, "pid") + ", 5000)");
  CHECK_FALSE(fence::frozen_split(session, "ci", soon()));
}
