// check.truncation and tables.truncate on a split that was done, as both databases prove.
#include <catch2/catch.hpp>

#include "steps/check/judging.h"
#include "steps/fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

[[maybe_unused]] const bool kinds_that_judge = (steps::offer_step_kinds(), true);

using pgcleave::fence::Owner;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;
using pgcleave::postgres::test::soon;

// The source has rows in its stale half, behind the fence. The target is a promoted copy, so OIDs are the same.
struct StaleSource {
  StaleSource() {
    auto& world = sides.world;
    name_tables(world);
    world.split_file.text = "split: 1\nname: ci\nmoved: {schemas: [moved]}\nkept: {schemas: [kept]}\n";
    world.progress = world::Progress([this](const std::string& text) { told.push_back(text); });
    postgres::test::run(there, "SELECT pg_promote()");
    const auto tables = tables_on(world, world.source, soon());
    REQUIRE(tables);
    for (auto* here : {&source.here, &there}) {
      REQUIRE(fence::freeze_split(*here, "ci", to_freeze(world, tables->split), soon()));
      pass(*here, Owner::source, Owner::nobody);
    }
    pass(there, Owner::nobody, Owner::target);
  }
  static const Server& fenced(SplitDatabase& source) {
    source.sql("INSERT INTO moved.builds SELECT generate_series(1, 3); INSERT INTO moved.jobs VALUES (1), (2)");
    source.install();
    REQUIRE(fence::create_triggers(source.here, fence, moved_tables, 100ms, soon(), nullptr));
    return main_server();
  }
  void pass(postgres::Connection& here, Owner from, Owner to) {
    const auto& run = sides.world.run;
    REQUIRE(fence::pass_ownership(here, "ci", from, to, run.id, run.epoch, soon()));
  }
  Observation truncation() {
    const auto seen = sides.observe("check.truncation", with);
    REQUIRE(problem(seen) == "");
    return *seen;
  }
  std::size_t rows() { return source.sql("SELECT FROM moved.builds UNION ALL SELECT FROM moved.jobs").size(); }

  const Json with{{"on", "source"}, {"which", "moved"}, {"lock_timeout", "300ms"}, {"pause", "0s"}};
  std::vector<std::string> told;
  SplitDatabase source{main_server()};
  Server target{"ci", fenced(source)};
  postgres::Connection there{target.connect()};
  TwoSides sides{main_server(), target};
};

}  // namespace

TEST_CASE("a person is told how many tables and rows a cleanup would empty, and which tables it leaves alone") {
  StaleSource it;
  const auto seen = it.truncation();
  INFO(seen.evidence);
  CHECK(seen.state == State::done);
  CHECK(seen.outputs.at("tables") == 2);
  CHECK(seen.outputs.at("rows") == 5);
  CHECK(seen.outputs.at("left_alone") == 0);
  it.source.sql("CREATE TABLE moved.later (id int)");
  CHECK(it.truncation().outputs.at("tables") == 2);
  CHECK(it.truncation().outputs.at("left_alone") == 1);
}

TEST_CASE("a cleanup rests between two tables, and ends with the last one") {
  StaleSource it;
  auto with = it.with;
  with["pause"] = "4s";
  const auto before = it.sides.observe("tables.truncate", with);
  REQUIRE(problem(before) == "");
  const auto began = Monotonic::now();
  const auto emptied = it.sides.apply("tables.truncate", with, 20s, before->before);
  const auto took = Monotonic::now() - began;
  REQUIRE(problem(emptied) == "");
  CHECK(it.rows() == 0);
  CHECK(took >= 4s);
  CHECK(took < 8s);
  REQUIRE(it.told.size() == 3);
  CHECK(says(it.told[0], "1 of 2: "));
  CHECK(says(it.told[1], "2 of 2: "));
}

}  // namespace pgcleave::steps::test
