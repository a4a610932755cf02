#include "fenced_split.h"
#include "steps/registry.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::main_server;

constexpr const char* build_kind = "indexes.build";

// moved.builds with 500 rows, and an index that is wanted.
struct Building {
  Building() {
    source.sql(
        "ALTER TABLE moved.builds ADD n int; INSERT INTO moved.builds SELECT i, i FROM generate_series(1, 500) i");
    with = {{"on", "source"},  {"table", "moved.builds"}, {"name", "builds_by_n"}, {"definition", "(n)"},
            {"unique", false}, {"memory", "8MiB"},        {"workers", 0},          {"temp_files", "check"}};
  }
  Observation seen() {
    const auto observed = sides.observe(build_kind, with);
    REQUIRE(problem(observed) == "");
    return *observed;
  }
  std::int64_t indexes() {
    return source.sql("SELECT count(*) AS n FROM pg_class WHERE relname = 'builds_by_n'").number(0, "n");
  }
  SplitDatabase source{main_server()};
  TwoSides sides{main_server(), ci_server()};
  Json with;
};

}  // namespace

TEST_CASE("indexes.build builds an index once, shows that it is done, and its undo drops it") {
  Building it;
  REQUIRE(problem(it.sides.prepare(build_kind, it.with)) == "");
  const auto before = it.seen();
  CHECK(before.state == State::pending);
  CHECK(before.before == Json({{"there", false}}));
  const auto built = it.sides.apply(build_kind, it.with, 60s, before.before);
  REQUIRE(problem(built) == "");
  CHECK(built->at("bytes") > 0);
  CHECK(it.seen().state == State::done);
  CHECK(it.seen().outputs == *built);
  CHECK(*it.sides.apply(build_kind, it.with, 60s, before.before) == *built);
  REQUIRE(problem(it.sides.undo(build_kind, it.with, before.before)) == "");
  CHECK(it.indexes() == 0);
  CHECK(problem(it.sides.undo(build_kind, it.with, before.before)) == "");
}

TEST_CASE("an index that was there before indexes.build is left alone by its undo") {
  Building it;
  it.source.sql("CREATE INDEX builds_by_n ON moved.builds (n)");
  const auto before = it.seen();
  CHECK(before.state == State::done);
  REQUIRE(problem(it.sides.undo(build_kind, it.with, before.before)) == "");
  CHECK(it.indexes() == 1);
}

TEST_CASE("another index of that name is a conflict, and one that is invalid is pending") {
  Building it;
  it.source.sql("CREATE UNIQUE INDEX builds_by_n ON moved.builds (n)");
  CHECK(it.seen().state == State::conflict);
  CHECK(it.seen().evidence == "unique index moved.builds_by_n on moved.builds USING btree (n) is valid");
  it.source.sql(
      "DROP INDEX moved.builds_by_n; CREATE INDEX builds_by_n ON moved.builds (n); "
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'moved.builds_by_n'::regclass");
  CHECK(it.seen().state == State::pending);
  CHECK(it.seen().before == Json({{"there", false}}));
}

TEST_CASE("what is wrong with an index is found before anything is changed") {
  Building it;
  const auto refused = [&](const char* key, const char* value) {
    auto with = it.with;
    with[key] = value;
    return problem(it.sides.prepare(build_kind, with));
  };
  CHECK(refused("definition", "(m)").find("column \"m\" does not exist") != std::string::npos);
  CHECK(refused("name", "other.builds_by_n").find("an index is in its table's schema") != std::string::npos);
  CHECK(refused("table", "moved.nothing").find("\"moved.nothing\" does not exist") != std::string::npos);
  CHECK(it.indexes() == 0);
}

}  // namespace pgcleave::steps::test
