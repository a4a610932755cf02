#include "postgres/locks.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;

namespace {

const std::vector<TableName> builds = {{"locks", "builds"}};

struct Tables {
  Tables() : admin(main_server().connect()), schema(admin, "locks"), client(main_server().connect()) {
    run(admin, "CREATE TABLE locks.builds (id int PRIMARY KEY); CREATE TABLE locks.users (id int)");
  }
  Connection admin;
  test::Schema schema;
  Connection client;
};

}  // namespace

TEST_CASE("a session that wrote and has not ended is a writer, a reader is not") {
  Tables it;
  run(it.client, "BEGIN; SELECT FROM locks.builds FOR UPDATE; INSERT INTO locks.users VALUES (1)");
  CHECK(writers(it.admin, "ci", builds, soon())->empty());
  run(it.client, "INSERT INTO locks.builds VALUES (1)");
  const auto found = writers(it.admin, "ci", builds, soon());
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  const auto& blocker = found->front();
  CHECK(blocker.pid == run(it.client, "SELECT pg_backend_pid() AS pid").number(0, "pid"));
  CHECK(blocker.user == "postgres");
  CHECK(blocker.application == "pgcleave");
  CHECK(blocker.address == "127.0.0.1");
  CHECK(blocker.backend_type == "client backend");
  CHECK(blocker.state == "idle in transaction");
  CHECK(blocker.mode == "RowExclusiveLock");
  CHECK(blocker.table == builds[0]);
  CHECK(blocker.transaction_age > 0us);
  CHECK(blocker.text().find(
            "of postgres (pgcleave) from 127.0.0.1, idle in transaction: RowExclusiveLock on locks.builds") !=
        std::string::npos);
  run(it.client, "COMMIT");
  CHECK(writers(it.admin, "ci", builds, soon())->empty());
}

TEST_CASE("one's own locks and locks that are only waited for do not count") {
  Tables it;
  run(it.admin, "BEGIN; LOCK TABLE locks.builds IN ACCESS EXCLUSIVE MODE");
  REQUIRE(it.client.send("INSERT INTO locks.builds VALUES (1)"));
  auto observer = main_server().connect();
  REQUIRE(wait_until("the client waits", soon(), 2ms, nullptr, [&]() -> Result<bool> {
    return !run(observer, "SELECT FROM pg_locks WHERE NOT granted AND relation = 'locks.builds'::regclass").empty();
  }));
  CHECK(writers(it.admin, "ci", builds, soon())->empty());
  CHECK(writers(observer, "ci", builds, soon())->size() == 1);
  run(it.admin, "ROLLBACK");
  REQUIRE(it.client.receive(soon()));
}

TEST_CASE("a prepared transaction is a writer with a name and can't be terminated") {
  Tables it;
  run(it.client, "BEGIN; INSERT INTO locks.builds VALUES (1); PREPARE TRANSACTION 'it''s'");
  const auto found = writers(it.admin, "ci", builds, soon());
  const bool named = found && found->size() == 1 && found->front().pid == 0 && found->front().prepared == "it's";
  const auto refused = terminate(it.admin, found.value_or(std::vector<Blocker>{}), soon());
  run(it.admin, "ROLLBACK PREPARED 'it''s'");
  REQUIRE(named);
  CHECK(found->front().user == "postgres");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_ready);
  CHECK(refused.error().hint.find("ROLLBACK PREPARED 'it''s'") != std::string::npos);
}

TEST_CASE("SHARE UPDATE EXCLUSIVE is in the way of a trigger but no write") {
  Tables it;
  run(it.client, "BEGIN; LOCK TABLE locks.builds IN SHARE UPDATE EXCLUSIVE MODE");
  CHECK(writers(it.admin, "ci", builds, soon())->empty());
  CHECK(in_the_way(it.admin, builds, soon())->size() == 1);
  run(it.client, "ROLLBACK");
}

TEST_CASE("a session of a superuser that may not be terminated keeps no other one, and is named with its user") {
  Tables it;
  run(it.admin,
      "CREATE ROLE locks_app LOGIN; CREATE ROLE locks_tool LOGIN; GRANT pg_signal_backend, pg_monitor TO locks_tool; "
      "GRANT USAGE ON SCHEMA locks TO locks_app; GRANT ALL ON locks.builds TO locks_app");
  {
    auto app = main_server().connect("locks_app");
    auto tool = main_server().connect("locks_tool");
    run(app, "BEGIN; INSERT INTO locks.builds VALUES (1)");
    run(it.client, "BEGIN; INSERT INTO locks.builds VALUES (2)");
    const auto found = writers(it.admin, "ci", builds, soon());
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    const auto refused = terminate(tool, *found, soon());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::not_ready);
    CHECK(refused.error().code == insufficient_privilege);
    const auto pid = run(it.client, "SELECT pg_backend_pid() AS pid").text(0, "pid");
    CHECK(refused.error().seen == "pid " + pid + " of postgres");
    CHECK(refused.error().hint.find("SELECT pg_terminate_backend(" + pid + ")") != std::string::npos);
    CHECK(wait_until("the other one is gone", soon(), 2ms, nullptr,
                     [&]() -> Result<bool> { return writers(it.admin, "ci", builds, soon())->size() == 1; }));
    run(it.client, "ROLLBACK");
  }
  run(it.admin, "DROP OWNED BY locks_app; DROP ROLE locks_app, locks_tool");
}

TEST_CASE("only the session that was seen is terminated, not a later one with its pid") {
  Tables it;
  run(it.client, "BEGIN; INSERT INTO locks.builds VALUES (1)");
  auto found = writers(it.admin, "ci", builds, soon());
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  auto earlier = *found;
  earlier[0].backend_start = "2001-01-01 00:00:00+00";
  REQUIRE(terminate(it.admin, earlier, soon()));
  CHECK(writers(it.admin, "ci", builds, soon())->size() == 1);
  REQUIRE(terminate(it.admin, *found, soon()));
  CHECK(wait_until("the writer is gone", soon(), 2ms, nullptr,
                   [&]() -> Result<bool> { return writers(it.admin, "ci", builds, soon())->empty(); }));
}

TEST_CASE(
    "whoever has named a partitioned table, a parent, a new partition or a renamed table is a writer before the first "
    "row") {
  Tables it;
  run(it.admin,
      "CREATE TABLE locks.logs (id int) PARTITION BY RANGE (id); CREATE TABLE locks.logs_1 PARTITION OF locks.logs FOR "
      "VALUES FROM (0) TO "
      "(9) "
      "PARTITION BY RANGE (id); CREATE TABLE locks.logs_1a PARTITION OF locks.logs_1 FOR VALUES FROM (0) TO (5); "
      "CREATE TABLE locks.parent (id int); CREATE TABLE locks.child () INHERITS (locks.parent); CREATE VIEW locks.view "
      "AS TABLE "
      "locks.builds; "
      "CREATE FUNCTION locks.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
      "CREATE TRIGGER pgcleave_fence_ci BEFORE INSERT ON locks.users FOR EACH STATEMENT EXECUTE FUNCTION "
      "locks.nothing(); "
      "CREATE TABLE locks.others (id int) PARTITION BY RANGE (id); CREATE TABLE locks.others_1 PARTITION OF "
      "locks.others DEFAULT");
  const std::vector<TableName> split = {
      {"locks", "builds"}, {"locks", "logs"}, {"locks", "logs_1"}, {"locks", "parent"}};
  const auto who_writes = [&](const std::string& statement) {
    REQUIRE(it.client.simple("BEGIN; " + statement, soon()));
    const auto found = writers(it.admin, "ci", split, soon());
    REQUIRE(found);
    std::string names;
    for (const auto& one : *found) names += (names.empty() ? "" : " ") + one.table.name;
    run(it.client, "ROLLBACK");
    return names;
  };
  // No row is routed: the table that is named is the only one that is locked.
  CHECK(who_writes("INSERT INTO locks.logs SELECT 1 WHERE false") == "logs");
  CHECK(who_writes("INSERT INTO locks.logs_1 SELECT 1 WHERE false") == "logs_1");
  CHECK(who_writes("WITH x AS (INSERT INTO locks.logs SELECT 1 WHERE false) SELECT 1") == "logs");
  CHECK(who_writes("PREPARE p AS INSERT INTO locks.logs SELECT 1 WHERE false; EXECUTE p; DEALLOCATE p") == "logs");
  CHECK(who_writes("INSERT INTO locks.view SELECT 1 WHERE false") == "builds");
  // Of which the split's names say nothing: below one that is named, or fenced and renamed since.
  CHECK(who_writes("INSERT INTO locks.logs_1a VALUES (1)") == "logs_1a");
  CHECK(who_writes("INSERT INTO locks.child VALUES (1)") == "child");
  CHECK(who_writes("INSERT INTO locks.users VALUES (1)") == "users");
  CHECK(who_writes("CREATE TABLE locks.logs_2 PARTITION OF locks.logs FOR VALUES FROM (10) TO (20)") == "logs");
  CHECK(who_writes("CREATE TABLE locks.logs_2 (id int); ALTER TABLE locks.logs ATTACH PARTITION locks.logs_2 FOR "
                   "VALUES FROM (10) TO (20)") == "logs");
  CHECK(who_writes("INSERT INTO locks.others VALUES (1); INSERT INTO locks.others_1 VALUES (1)").empty());
}
