#include <catch2/catch.hpp>

#include "postgres/server.h"
#include "steps/check/judging.h"
#include "steps/registry.h"
#include "steps/two_sides.h"
#include "world/run_servers.h"

using namespace pgcleave;

namespace {

using postgres::test::ci_server;
using postgres::test::main_server;
using postgres::test::run;

// A table on two servers between which nothing carries rows; the second lacks one.
struct TwoTables {
  TwoTables() {
    steps::offer_step_kinds();
    auto& world = sides.world;
    world.environment.name = "lab";
    world.environment.source = world.source.access();
    world.environment.target = world.target.access();
    world.split_file.name = "ci";
    world.split_file.moved.schemas = {{"twice", {}}};
    world.run.by = "ann@ops";
    for (auto* connection : {&source, &target})
      run(*connection,
          "CREATE TABLE twice.builds (id int PRIMARY KEY, note text); INSERT INTO twice.builds "
          "SELECT g, 'hush' FROM generate_series(1, 100) g");
    run(target, "DELETE FROM twice.builds WHERE id = 77");
    world.comparisons.keep_by([this](const Json& data) -> Result<void> {
      kept.push_back(data);
      return {};
    });
  }
  Result<Json> compare(bool stop) {
    return sides.apply("rows.compare", {{"for", "1m"}, {"stop", stop}}, std::chrono::seconds(60));
  }

  postgres::Connection source = main_server().connect();
  postgres::Connection target = ci_server().connect();
  postgres::test::Schema on_source{source, "twice"};
  postgres::test::Schema on_target{target, "twice"};
  steps::test::TwoSides sides{main_server(), ci_server()};
  std::vector<Json> kept;
};

}  // namespace

TEST_CASE("what a step compared is kept with its verdict and without values, whether it stops the run or not") {
  TwoTables a;
  for (auto* side : {&a.sides.world.source, &a.sides.world.target})
    REQUIRE(side->leader(Deadline::in(std::chrono::seconds(10))));
  for (const bool stop : {true, false}) {
    a.kept.clear();
    const auto compared = a.compare(stop);
    CHECK(compared.has_value() != stop);
    REQUIRE(a.kept.size() == 1);
    const auto& data = a.kept.front();
    CHECK(data.at("verdict") == "different");
    CHECK(data.at("step") == "rows.compare");
    CHECK(data.at("split_name") == "ci");
    CHECK(data.at("environment_name") == "lab");
    CHECK(data.at("operator") == "ann@ops");
    CHECK(data.dump().find("hush") == std::string::npos);
    const auto last = world::comparison_in(data, "r-1", 1'000'000'000);
    CHECK(last.differences() == 1);
    CHECK(last.rows() == 100);
    CHECK(last.began_at_us < 1'000'000'000);
    CHECK(last.servers == world::sides_seen(a.sides.world));
    CHECK(last.servers.size() == 2);
    CHECK(last.how == "nothing carries rows between source main and target ci");
  }
}

TEST_CASE("a comparison that the journal does not take fails the step") {
  TwoTables a;
  a.sides.world.comparisons.keep_by(
      [](const Json&) -> Result<void> { return fail({ErrorKind::failed, "journal", "is full", "", "", "", ""}); });
  const auto compared = a.compare(false);
  REQUIRE_FALSE(compared);
  CHECK(compared.error().object == "journal");
}
