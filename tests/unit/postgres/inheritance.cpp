#include <catch2/catch.hpp>

#include "installed.h"
#include "postgres/dependencies.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;
using test::the_fence;

TEST_CASE("what inherits in the old way is told, and a partition only while it is half detached") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "inh");
  run(connection,
      "CREATE TABLE inh.parent (id int); CREATE TABLE inh.child () INHERITS (inh.parent); "
      "CREATE TABLE inh.logs (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE inh.logs_1 PARTITION OF inh.logs FOR VALUES FROM (0) TO (10)");
  auto found = inheritances(connection, soon());
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().child == TableName{"inh", "child"});
  CHECK(found->front().parent == TableName{"inh", "parent"});
  CHECK_FALSE(found->front().detach_pending);

  auto reader = main_server().connect();
  run(reader, "BEGIN");
  run(reader, "SELECT FROM inh.logs");
  run(connection, "SET lock_timeout = '100ms'");
  CHECK_FALSE(connection.query("ALTER TABLE inh.logs DETACH PARTITION inh.logs_1 CONCURRENTLY", {}, soon()));
  run(reader, "ROLLBACK");
  found = inheritances(connection, soon());
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->back().child == TableName{"inh", "logs_1"});
  CHECK(found->back().parent == TableName{"inh", "logs"});
  CHECK(found->back().detach_pending);
  run(connection, "ALTER TABLE inh.logs DETACH PARTITION inh.logs_1 FINALIZE");
  CHECK(inheritances(connection, soon())->size() == 1);
}

TEST_CASE("what was created below a fenced table is told until it has a fence that works") {
  test::Installed it;
  auto& connection = it.admin;
  test::Schema schema(connection, "inh");
  run(connection,
      "CREATE TABLE inh.logs (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE inh.logs_1 PARTITION OF inh.logs FOR VALUES FROM (0) TO (10); "
      "CREATE TABLE inh.others (id int) PARTITION BY RANGE (id); CREATE TABLE inh.others_1 PARTITION OF inh.others "
      "DEFAULT");
  REQUIRE(fence::create_triggers(connection, the_fence, {{"inh", "logs"}, {"inh", "logs_1"}}, 100ms, soon(), nullptr));
  CHECK(unfenced_children(connection, "ci", soon())->empty());
  run(connection,
      "CREATE TABLE inh.logs_2 PARTITION OF inh.logs DEFAULT; ALTER TABLE inh.logs_1 DISABLE TRIGGER "
      "pgcleave_fence_ci");
  CHECK(*unfenced_children(connection, "ci", soon()) == std::vector<TableName>{{"inh", "logs_1"}, {"inh", "logs_2"}});
  REQUIRE(fence::create_triggers(connection, the_fence, {{"inh", "logs_2"}}, 100ms, soon(), nullptr));
  run(connection, "ALTER TABLE inh.logs_1 ENABLE TRIGGER pgcleave_fence_ci");
  CHECK(unfenced_children(connection, "ci", soon())->empty());
}
