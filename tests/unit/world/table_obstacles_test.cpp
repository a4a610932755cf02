#include "world/table_obstacles.h"

#include "steps/fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::soon;

struct Obstacles {
  Obstacles() { name_tables(sides.world); }
  std::string found() {
    const auto tables = tables_on(sides.world, sides.world.source, soon());
    REQUIRE(problem(tables) == "");
    const auto obstacles = table_obstacles(source.here, tables->split, soon());
    REQUIRE(problem(obstacles) == "");
    std::string text;
    for (const auto& one : *obstacles) text += one.text() + "\n";
    return text;
  }
  SplitDatabase source{main_server()};
  TwoSides sides{main_server(), main_server()};
};

}  // namespace

TEST_CASE(
    "a moved table that inherits from another class, or is inherited by one, is an obstacle; within the split it is "
    "none") {
  Obstacles it;
  it.source.sql(
      "CREATE TABLE moved.within () INHERITS (moved.builds); CREATE TABLE kept.within () INHERITS (kept.users)");
  CHECK(it.found() == "");
  it.source.sql("CREATE TABLE kept.child () INHERITS (moved.jobs); CREATE TABLE moved.child () INHERITS (kept.audit)");
  CHECK(it.found() ==
        "table kept.child: it inherits from moved.jobs, and of the two only moved.jobs moves; ALTER TABLE kept.child "
        "NO INHERIT moved.jobs\n"
        "table moved.child: it inherits from kept.audit, and of the two only moved.child moves; "
        "ALTER TABLE moved.child NO INHERIT kept.audit\n");
}

TEST_CASE(
    "a partition that is half detached is an obstacle with the statement that finishes it, and is still of its "
    "parent's class") {
  Obstacles it;
  it.source.sql(
      "CREATE TABLE moved.logs (id int) PARTITION BY RANGE (id); CREATE SCHEMA parts; "
      "CREATE TABLE parts.logs_1 PARTITION OF moved.logs FOR VALUES FROM (0) TO (10)");
  auto reader = main_server().connect();
  run(reader, "BEGIN");
  run(reader, "SELECT FROM moved.logs");
  it.source.sql("SET lock_timeout = '100ms'");
  CHECK_FALSE(it.source.here.query("ALTER TABLE moved.logs DETACH PARTITION parts.logs_1 CONCURRENTLY", {}, soon()));
  run(reader, "ROLLBACK");
  const auto found = it.found();
  const auto tables = tables_on(it.sides.world, it.sides.world.source, soon());
  it.source.sql("ALTER TABLE moved.logs DETACH PARTITION parts.logs_1 FINALIZE");
  const auto after = it.found();
  it.source.sql("DROP SCHEMA parts CASCADE");
  CHECK(says(found, "table parts.logs_1: its DETACH ... CONCURRENTLY from moved.logs was begun and not finished"));
  CHECK(says(found, "; ALTER TABLE moved.logs DETACH PARTITION parts.logs_1 FINALIZE"));
  REQUIRE(problem(tables) == "");
  CHECK(tables->split.names().back() == postgres::TableName{"parts", "logs_1"});
  CHECK(after == "");
}

TEST_CASE("an extension's table in no class is told with the extension's name") {
  Obstacles it;
  it.source.sql("CREATE SCHEMA conf; CREATE TABLE conf.jobs (id int); ALTER EXTENSION plpgsql ADD TABLE conf.jobs");
  const auto tables = tables_on(it.sides.world, it.sides.world.source, soon());
  it.source.sql("ALTER EXTENSION plpgsql DROP TABLE conf.jobs; DROP SCHEMA conf CASCADE");
  REQUIRE(problem(tables) == "");
  CHECK(tables->extensions == std::map<postgres::TableName, std::string>{{{"conf", "jobs"}, "plpgsql"}});
}

TEST_CASE(
    "a publication is not made while a moved table could not be replicated, whatever was known when the run was "
    "opened") {
  Obstacles it;
  it.source.sql("ALTER TABLE moved.builds ADD PRIMARY KEY (id) DEFERRABLE; ALTER TABLE moved.jobs ADD j json");
  it.source.sql("ALTER TABLE moved.jobs REPLICA IDENTITY FULL");
  const Json with{{"on", "source"}, {"direction", "forward"}};
  const auto refused = it.sides.apply("replication.publish", with, 5s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_ready);
  CHECK(says(refused.error().seen, "moved.builds: its primary key is DEFERRABLE, which is no replica identity"));
  CHECK(says(
      refused.error().seen,
      "moved.jobs: REPLICA IDENTITY FULL without a primary key, and no equality operator for column j of type json"));
  CHECK(it.source.sql("SELECT FROM pg_publication").empty());
}

}  // namespace pgcleave::steps::test
