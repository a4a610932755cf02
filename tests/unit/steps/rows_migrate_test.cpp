#include "fenced_split.h"
#include "steps/registry.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;

constexpr const char* migrate_kind = "rows.migrate";
constexpr const char* track_kind = "versions.track";
constexpr const char* untrack_kind = "versions.untrack";

// moved.builds with 1,000 rows of version 1 of ten clients.
struct Versioned {
  Versioned() {
    source.sql(
        "ALTER TABLE moved.builds ADD PRIMARY KEY (id), ADD version int, ADD client int, ADD body text; INSERT INTO "
        "moved.builds SELECT i, 1, i % 10, 'b' || i FROM generate_series(1, 1000) i");
    with = {{"on", "source"},
            {"table", "moved.builds"},
            {"version", "version"},
            {"from", 1},
            {"to", 2},
            {"direction", "up"},
            {"up", {{"body", "upper(row.body)"}}},
            {"down", {{"body", "lower(row.body)"}}},
            {"program_timeout", "5s"},
            {"bounds", ""},
            {"on_bad_row", "stop"},
            {"target", "200ms"},
            {"lock_timeout", "100ms"}};
    tracked = {{"on", "source"},    {"table", "moved.builds"}, {"group_by", {"client"}}, {"version", "version"},
               {"into", "moved.v"}, {"target", "200ms"},       {"lock_timeout", "100ms"}};
  }
  std::int64_t rows(const std::string& where) {
    return source.sql("SELECT count(*) AS n FROM moved.builds WHERE " + where).number(0, "n");
  }
  std::string refused() { return problem(sides.observe(migrate_kind, with)); }
  State state_of(const char* kind, const Json& parameters) {
    const auto observed = sides.observe(kind, parameters);
    REQUIRE(problem(observed) == "");
    return observed->state;
  }
  SplitDatabase source{main_server()};
  TwoSides sides{main_server(), ci_server()};
  Json with, tracked;
};

}  // namespace

TEST_CASE("rows.migrate goes up by expressions and down by a program, and each is a job of its own") {
  Versioned it;
  REQUIRE(problem(it.sides.prepare(migrate_kind, it.with)) == "");
  const auto up = it.sides.apply(migrate_kind, it.with, 60s);
  REQUIRE(problem(up) == "");
  CHECK(up->at("changed") == 1000);
  CHECK(it.rows("version = 2 AND body = 'B' || id") == 1000);
  CHECK(it.state_of(migrate_kind, it.with) == State::done);

  it.sides.world.run.id = "r-20260101-000000-0002";
  it.with["direction"] = "down";
  it.with["down"] = Json::object();
  it.with["down_program"] = {"sed", "-u", "s/\"B/\"b/"};
  it.with["read"] = {"body"};
  it.with["write"] = {"body"};
  REQUIRE(problem(it.sides.prepare(migrate_kind, it.with)) == "");
  CHECK(it.rows("version = 2") == 1000);
  const auto down = it.sides.apply(migrate_kind, it.with, 60s);
  REQUIRE(problem(down) == "");
  CHECK(it.rows("version = 1 AND body = 'b' || id") == 1000);
}

TEST_CASE("rows.migrate refuses what says too little or too much") {
  Versioned it;
  it.with["to"] = 1;
  CHECK(says(it.refused(), "`from` and `to` are the same version"));
  it.with["to"] = 2;
  it.with["up"]["version"] = "3";
  CHECK(says(it.refused(), "up sets the version, which pgcleave does"));
  it.with["up"] = Json::object();
  CHECK(says(it.refused(), "needs either up or up_program"));
  it.with["up_program"] = {"cat"};
  CHECK(says(it.refused(), "read: names no column"));
  it.with["up"] = {{"body", "row.body"}};
  CHECK(says(it.refused(), "needs either up or up_program"));
  it.with["up_program"] = Json::array();
  it.with["up"] = {{"body", "row.body; DROP TABLE moved.builds"}};
  CHECK(says(it.refused(), "set of body"));
  CHECK(it.rows("version = 1") == 1000);
}

TEST_CASE("versions.track makes a small table that rows.migrate narrows, and versions.untrack drops it") {
  Versioned it;
  CHECK(it.state_of(track_kind, it.tracked) == State::pending);
  REQUIRE(problem(it.sides.prepare(track_kind, it.tracked)) == "");
  CHECK(it.source.sql("SELECT to_regclass('moved.v') IS NULL AS none").boolean(0, "none"));
  const auto made = it.sides.apply(track_kind, it.tracked, 60s);
  REQUIRE(problem(made) == "");
  CHECK(made->at("changed") == 10);
  CHECK(it.state_of(track_kind, it.tracked) == State::done);
  CHECK(*it.sides.apply(track_kind, it.tracked, 60s) == *made);

  it.with["bounds"] = "moved.v";
  REQUIRE(problem(it.sides.apply(migrate_kind, it.with, 60s)) == "");
  CHECK(it.source.sql("SELECT FROM moved.v WHERE min_version = 2 AND max_version = 2").size() == 10);

  it.source.sql("DROP TRIGGER v_insert ON moved.builds");
  CHECK(it.state_of(track_kind, it.tracked) == State::pending);  // not kept any more
  CHECK(it.state_of(untrack_kind, it.tracked) == State::pending);
  REQUIRE(problem(it.sides.apply(untrack_kind, it.tracked, 60s)) == "");
  CHECK(it.state_of(untrack_kind, it.tracked) == State::done);
  CHECK(it.source.sql("SELECT FROM pg_trigger WHERE tgrelid = 'moved.builds'::regclass").empty());
  REQUIRE(problem(it.sides.apply(untrack_kind, it.tracked, 60s)) == "");
}

TEST_CASE("versions.track and versions.untrack leave a table of that name alone that is somebody else's") {
  Versioned it;
  it.source.sql("CREATE TABLE moved.v (x int)");
  CHECK(says(problem(it.sides.apply(track_kind, it.tracked, 60s)), "is there already, and is not: kept by pgcleave"));
  CHECK(says(problem(it.sides.apply(untrack_kind, it.tracked, 60s)), "is there already, and is not: kept by pgcleave"));
  it.tracked["group_by"] = {"nix"};
  CHECK(says(problem(it.sides.prepare(track_kind, it.tracked)), "does not exist"));
  CHECK(it.source.sql("SELECT FROM moved.v").empty());
}

}  // namespace pgcleave::steps::test
