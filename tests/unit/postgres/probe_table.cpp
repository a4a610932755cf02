#include <catch2/catch.hpp>

#include "fence/probe_rights.h"
#include "installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::ci_server;
using test::Installed;
using test::main_server;
using test::run;
using test::soon;
using test::sqlstate;
using test::the_fence;

namespace {

const std::string upsert =
    "INSERT INTO pgcleave.probe_ci AS p (bouncer, n) VALUES ('bouncer-1', 1) ON CONFLICT (bouncer) DO UPDATE SET n = "
    "p.n + 1";

}  // namespace

TEST_CASE("the probe table is written on the side that owns and refused on the other, as moved tables are") {
  Installed source(main_server());
  CHECK(sqlstate(source.admin, upsert).empty());
  CHECK(sqlstate(source.admin, upsert).empty());
  CHECK(run(source.admin, "SELECT n FROM pgcleave.probe_ci").number(0, "n") == 2);
  Installed target(ci_server());
  CHECK(sqlstate(target.admin, upsert) == "2F002");
  run(source.admin, "SELECT setval('pgcleave.owner_ci', 0)");
  CHECK(sqlstate(source.admin, upsert) == "2F002");
}

TEST_CASE("the probe table's trigger is no drift of the fence") {
  Installed it(main_server());
  const auto drift = fence::fence_drift(it.admin, the_fence, {}, soon());
  REQUIRE(drift);
  CHECK(drift->superfluous.empty());
}

TEST_CASE("an installation without the probe table, or with one that is not fenced, is not whole, and is made whole") {
  Installed it(main_server());
  REQUIRE(*fence::is_installed(it.admin, the_fence, soon()));
  for (const auto* damage : {"DROP TABLE pgcleave.probe_ci", "DROP TRIGGER pgcleave_probe_ci ON pgcleave.probe_ci",
                             "ALTER TABLE pgcleave.probe_ci DISABLE TRIGGER pgcleave_probe_ci"}) {
    INFO(damage);
    run(it.admin, damage);
    CHECK_FALSE(*fence::is_installed(it.admin, the_fence, soon()));
    REQUIRE(fence::install(it.admin, the_fence, soon()));
    CHECK(*fence::is_installed(it.admin, the_fence, soon()));
  }
}

TEST_CASE("who was granted nothing can't write the probe table, and three rights are enough") {
  Installed it(main_server());
  run(it.admin, "DROP ROLE IF EXISTS prober; CREATE ROLE prober LOGIN");
  {
    auto prober = main_server().connect("prober");
    CHECK(sqlstate(prober, upsert) == "42501");
    run(it.admin, "GRANT INSERT, UPDATE, SELECT ON pgcleave.probe_ci TO prober");
    CHECK(sqlstate(prober, upsert).empty());
  }
  run(it.admin, "DROP OWNED BY prober; DROP ROLE prober");
}

TEST_CASE("uninstalling takes the probe table along") {
  Installed it(main_server());
  REQUIRE(fence::uninstall(it.admin, the_fence, soon()));
  CHECK(run(it.admin, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
}

TEST_CASE("a probe user gets the rights that it lacks, and an unknown one or one of ours needs none") {
  Installed it(main_server());
  run(it.admin, "DROP ROLE IF EXISTS \"it's a prober\"; CREATE ROLE \"it's a prober\" LOGIN");
  const std::vector<std::string> users{"it's a prober", "nobody knows", "postgres"};
  const std::vector<std::string> lacking{"it's a prober"};
  CHECK(*fence::without_probe_rights(it.admin, "ci", users, soon()) == lacking);
  CHECK(*fence::without_probe_rights(it.admin, "not installed", users, soon()) == lacking);
  REQUIRE(fence::grant_probe_rights(it.admin, "ci", lacking, soon()));
  CHECK(fence::without_probe_rights(it.admin, "ci", users, soon())->empty());
  {
    auto prober = main_server().connect("it's a prober");
    CHECK(sqlstate(prober, upsert).empty());
    CHECK(
        sqlstate(prober, "INSERT INTO pgcleave.canary_target_ci (token) VALUES ('x') ON CONFLICT DO NOTHING").empty());
    CHECK(sqlstate(prober, "SELECT FROM pgcleave.ownership_log") == "42501");
    REQUIRE(fence::revoke_probe_rights(it.admin, "ci", lacking, soon()));
    CHECK(sqlstate(prober, upsert) == "42501");
  }
  CHECK(*fence::without_probe_rights(it.admin, "ci", users, soon()) == lacking);
  run(it.admin, "DROP OWNED BY \"it's a prober\"; DROP ROLE \"it's a prober\"");
}
