#include "postgres/catalog.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

namespace {

Table find(const std::vector<Table>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& table) { return table.name == TableName{"cat", name}; });
  if (found == all.end()) FAIL("no table " << name);
  return *found;
}

}  // namespace

TEST_CASE("tables are told with kind, root and replica identity") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "cat");
  run(connection, R"sql(
    CREATE TABLE cat.plain (id int PRIMARY KEY);
    CREATE TABLE cat.bare (id int);
    CREATE TABLE cat.full_one (id int); ALTER TABLE cat.full_one REPLICA IDENTITY FULL;
    CREATE TABLE cat.indexed (id int NOT NULL UNIQUE); ALTER TABLE cat.indexed REPLICA IDENTITY USING INDEX indexed_id_key;
    CREATE TABLE cat.silent (id int PRIMARY KEY); ALTER TABLE cat.silent REPLICA IDENTITY NOTHING;
    CREATE UNLOGGED TABLE cat.fleeting (id int);
    CREATE TABLE cat.logs (id int) PARTITION BY RANGE (id);
    CREATE TABLE cat.logs_1 PARTITION OF cat.logs FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
    CREATE TABLE cat.logs_1a PARTITION OF cat.logs_1 FOR VALUES FROM (0) TO (5);
    CREATE VIEW cat.view AS SELECT 1;
    CREATE TEMP TABLE fleeting (id int);
    CREATE SCHEMA IF NOT EXISTS pgcleave; CREATE TABLE IF NOT EXISTS pgcleave.x ())sql");
  const auto all = tables(connection, soon());
  run(connection, "DROP SCHEMA pgcleave CASCADE");
  REQUIRE(all);
  CHECK(all->size() == 9);
  CHECK(find(*all, "plain").kind == TableKind::plain);
  CHECK(find(*all, "plain").root == TableName{"cat", "plain"});
  CHECK(find(*all, "plain").oid == run(connection, "SELECT 'cat.plain'::regclass::oid AS oid").number(0, "oid"));
  CHECK(find(*all, "plain").has_replica_identity);
  CHECK(find(*all, "full_one").has_replica_identity);
  CHECK(find(*all, "indexed").has_replica_identity);
  CHECK_FALSE(find(*all, "bare").has_replica_identity);
  CHECK_FALSE(find(*all, "silent").has_replica_identity);
  CHECK(find(*all, "fleeting").unlogged);
  CHECK_FALSE(find(*all, "plain").unlogged);
  CHECK(find(*all, "logs").kind == TableKind::partitioned);
  CHECK_FALSE(find(*all, "logs").holds_rows);
  CHECK(find(*all, "logs_1").kind == TableKind::partition);
  CHECK_FALSE(find(*all, "logs_1").holds_rows);
  CHECK(find(*all, "logs_1a").kind == TableKind::partition);
  CHECK(find(*all, "logs_1a").holds_rows);
  CHECK(find(*all, "logs_1a").root == TableName{"cat", "logs"});
  CHECK_FALSE(find(*all, "logs_1a").has_replica_identity);
  CHECK(std::is_sorted(all->begin(), all->end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
}
