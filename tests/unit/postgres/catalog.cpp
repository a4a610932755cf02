#include "postgres/catalog.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/format.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::soon;

namespace {

Table find(const std::vector<Table>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& table) { return table.name == TableName{"cat", name}; });
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
    CREATE TABLE cat.indexed (id int NOT NULL UNIQUE);
    ALTER TABLE cat.indexed REPLICA IDENTITY USING INDEX indexed_id_key;
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
  for (const char* name : {"plain", "full_one", "indexed"}) CHECK(find(*all, name).replication_problem().empty());
  CHECK(find(*all, "bare").identity_problem == "no primary key and no other replica identity");
  CHECK(find(*all, "silent").identity_problem == "REPLICA IDENTITY NOTHING");
  CHECK(find(*all, "fleeting").unlogged);
  CHECK_FALSE(find(*all, "plain").unlogged);
  CHECK(find(*all, "logs").kind == TableKind::partitioned);
  CHECK_FALSE(find(*all, "logs").holds_rows);
  CHECK(find(*all, "logs_1").kind == TableKind::partition);
  CHECK_FALSE(find(*all, "logs_1").holds_rows);
  CHECK(find(*all, "logs_1a").kind == TableKind::partition);
  CHECK(find(*all, "logs_1a").holds_rows);
  CHECK(find(*all, "logs_1a").root == TableName{"cat", "logs"});
  CHECK_FALSE(find(*all, "logs_1a").identity_problem.empty());
  CHECK(std::is_sorted(all->begin(), all->end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
}

// What PostgreSQL does is asked of itself: a publisher refuses UPDATE without an identity, and GROUP BY looks for the
// same operator as the comparison of whole rows.
TEST_CASE("replica identity is judged as PostgreSQL judges, partition by partition") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "cat");
  run(connection, R"sql(
    CREATE TABLE cat.deferrable (id int PRIMARY KEY DEFERRABLE, v int);
    CREATE TABLE cat.deferred (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v int);
    CREATE TABLE cat.immediate (id int PRIMARY KEY NOT DEFERRABLE, v int);
    CREATE TABLE cat.unique_only (id int NOT NULL UNIQUE, v int);
    CREATE TABLE cat.chosen (id int NOT NULL UNIQUE, v int);
    ALTER TABLE cat.chosen REPLICA IDENTITY USING INDEX chosen_id_key;
    CREATE TABLE cat.lost (id int NOT NULL UNIQUE, v int);
    ALTER TABLE cat.lost REPLICA IDENTITY USING INDEX lost_id_key;
    ALTER TABLE cat.lost DROP CONSTRAINT lost_id_key;
    CREATE TABLE cat.whole (id int, v int, g int GENERATED ALWAYS AS (id + 1) STORED);
    ALTER TABLE cat.whole REPLICA IDENTITY FULL;
    CREATE TABLE cat.beside (id int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (id + 1) STORED);
    CREATE TABLE cat.parted (id int, v int) PARTITION BY RANGE (id);
    CREATE TABLE cat.parted_1 PARTITION OF cat.parted (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (10);
    CREATE TABLE cat.parted_2 PARTITION OF cat.parted FOR VALUES FROM (10) TO (20))sql");
  const auto all = tables(connection, soon());
  REQUIRE(all);
  run(connection, "CREATE PUBLICATION cat_all FOR TABLES IN SCHEMA cat");
  for (const char* name : {"deferrable", "deferred", "immediate", "unique_only", "chosen", "lost", "whole", "beside",
                           "parted_1", "parted_2"}) {
    CAPTURE(name);
    const bool published = connection.simple(std::string("UPDATE cat.") + name + " SET v = 1", soon()).has_value();
    CHECK(find(*all, name).identity_problem.empty() == published);
  }
  run(connection, "DROP PUBLICATION cat_all");
  CHECK(find(*all, "deferrable").identity_problem == "its primary key is DEFERRABLE, which is no replica identity");
  CHECK(find(*all, "parted").identity_problem.empty());
}

// Until 17 the publisher lets it through, and the subscriber's worker ends: it has neither the key nor all columns.
TEST_CASE("a key over a generated column is no replica identity, however it is chosen") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "cat");
  run(connection, R"sql(
    CREATE TABLE cat.keyed (id int, k int GENERATED ALWAYS AS (id + 1) STORED PRIMARY KEY);
    CREATE TABLE cat.half (id int, "K" int GENERATED ALWAYS AS (id + 1) STORED, PRIMARY KEY (id, "K"));
    CREATE TABLE cat.covered (id int, k int GENERATED ALWAYS AS (id + 1) STORED, PRIMARY KEY (id) INCLUDE (k));
    CREATE TABLE cat.chosen (id int PRIMARY KEY, k int GENERATED ALWAYS AS (id + 1) STORED NOT NULL UNIQUE);
    ALTER TABLE cat.chosen REPLICA IDENTITY USING INDEX chosen_k_key;
    CREATE TABLE cat.kept (LIKE cat.chosen INCLUDING ALL))sql");
  const auto all = tables(connection, soon());
  REQUIRE(all);
  const std::string why = "its replica identity has generated columns, which are not published: ";
  CHECK(find(*all, "keyed").identity_problem == why + "k");
  CHECK(find(*all, "half").identity_problem == why + "\"K\"");
  CHECK(find(*all, "chosen").identity_problem == why + "k");
  for (const char* name : {"covered", "kept"}) CHECK(find(*all, name).identity_problem.empty());
}

TEST_CASE("a table of REPLICA IDENTITY FULL needs an equality operator for each column, unless it has a primary key") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "cat");
  run(connection, R"sql(
    CREATE DOMAIN cat.named AS varchar; CREATE DOMAIN cat.paper AS json;
    CREATE TYPE cat.mood AS ENUM ('good'); CREATE TYPE cat.pair AS (a int, b text);
    CREATE TYPE cat.odd_pair AS (a int, b point);
    CREATE TYPE cat.span AS RANGE (subtype = int))sql");
  const std::vector<std::string> types = {
      "int",         "text",     "varchar(3)", "char(3)",    "name",       "numeric",      "jsonb",
      "json",        "xml",      "point",      "box",        "circle",     "lseg",         "path",
      "polygon",     "line",     "inet",       "cidr",       "macaddr",    "bit(3)",       "varbit",
      "tsvector",    "tsquery",  "uuid",       "money",      "xid",        "cid",          "tid",
      "oid",         "regclass", "int[]",      "json[]",     "point[]",    "cat.named",    "cat.paper",
      "cat.paper[]", "cat.mood", "cat.pair",   "cat.pair[]", "cat.span",   "cat.odd_pair", "int4multirange",
      "jsonpath",    "pg_lsn",   "interval",   "aclitem",    "int2vector", "oidvector",    "pg_snapshot",
      "bytea"};
  std::string create;
  for (std::size_t i = 0; i < types.size(); ++i) {
    create +=
        fmt::format("CREATE TABLE cat.t{0} (a int, v {1}); ALTER TABLE cat.t{0} REPLICA IDENTITY FULL;", i, types[i]);
  }
  run(connection,
      create +
          "CREATE TABLE cat.keyed (id int PRIMARY KEY, j json); ALTER TABLE cat.keyed REPLICA IDENTITY FULL;"
          "CREATE TABLE cat.late_key (id int PRIMARY KEY DEFERRABLE, j json, x xml); ALTER TABLE cat.late_key REPLICA "
          "IDENTITY FULL;"
          "CREATE TABLE cat.made (a float8, p point GENERATED ALWAYS AS (point(a, a)) STORED); ALTER TABLE cat.made "
          "REPLICA IDENTITY FULL;"
          "CREATE TABLE cat.gone (a int, j json); ALTER TABLE cat.gone DROP COLUMN j; ALTER TABLE cat.gone REPLICA "
          "IDENTITY FULL;");
  const auto all = tables(connection, soon());
  REQUIRE(all);
  for (std::size_t i = 0; i < types.size(); ++i) {
    CAPTURE(types[i]);
    const bool comparable = connection.simple(fmt::format("SELECT v FROM cat.t{} GROUP BY v", i), soon()).has_value();
    CHECK(find(*all, fmt::format("t{}", i)).apply_problem.empty() == comparable);
  }
  CHECK(find(*all, "keyed").apply_problem.empty());
  CHECK(find(*all, "late_key").apply_problem ==
        "REPLICA IDENTITY FULL without a primary key, and no equality operator for column j of type json, column x of "
        "type xml");
  CHECK(find(*all, "made").apply_problem.empty());
  CHECK(find(*all, "gone").apply_problem.empty());
}

TEST_CASE(
    "tables of an extension are told with its name, and a half detached partition goes with the root that it had") {
  auto connection = main_server().connect();
  test::Schema schema(connection, "cat");
  run(connection, R"sql(
    CREATE TABLE cat.configured (id int PRIMARY KEY); ALTER EXTENSION plpgsql ADD TABLE cat.configured;
    CREATE TABLE cat.logs (id int) PARTITION BY RANGE (id);
    CREATE TABLE cat.logs_1 PARTITION OF cat.logs FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
    CREATE TABLE cat.logs_1a PARTITION OF cat.logs_1 FOR VALUES FROM (0) TO (5))sql");
  // As DETACH ... CONCURRENTLY leaves it when it gives up between its two transactions.
  auto reader = main_server().connect();
  run(reader, "BEGIN");
  run(reader, "SELECT FROM cat.logs");
  run(connection, "SET lock_timeout = '100ms'");
  CHECK_FALSE(connection.query("ALTER TABLE cat.logs DETACH PARTITION cat.logs_1 CONCURRENTLY", {}, soon()));
  run(reader, "ROLLBACK");
  const auto all = tables(connection, soon());
  run(connection,
      "ALTER EXTENSION plpgsql DROP TABLE cat.configured; ALTER TABLE cat.logs DETACH PARTITION cat.logs_1 FINALIZE");
  REQUIRE(all);
  CHECK(find(*all, "configured").extension == "plpgsql");
  CHECK(find(*all, "logs").extension.empty());
  for (const char* name : {"logs_1", "logs_1a"}) {
    CHECK(find(*all, name).kind == TableKind::partition);
    CHECK(find(*all, name).root == TableName{"cat", "logs"});
  }
  CHECK(find(*tables(connection, soon()), "logs_1").kind == TableKind::partitioned);
}
