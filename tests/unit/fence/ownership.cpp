#include "fence/ownership.h"

#include <catch2/catch.hpp>
#include <future>

#include "fence/holder.h"
#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::ci_server;
using test::Fenced;
using test::main_server;
using test::run;
using test::soon;
using test::sqlstate;
using test::the_fence;

namespace {

void set_owner(Connection& connection, Owner owner) {
  run(connection, "SELECT setval('pgcleave.owner_ci', " + std::to_string(static_cast<int>(owner)) + ")");
}

}  // namespace

TEST_CASE("a new fence lets the source write and nobody else") {
  Fenced on_source;
  CHECK(sqlstate(on_source.admin, "INSERT INTO app.builds VALUES (1)").empty());
  CHECK(*fence::owner(on_source.admin, "ci", soon()) == Owner::source);
  Fenced on_target(ci_server());
  CHECK(sqlstate(on_target.admin, "INSERT INTO app.builds VALUES (1)") == "2F002");
}

TEST_CASE("a fenced table refuses every kind of write and names table, owner and what to do") {
  Fenced it;
  run(it.admin, "INSERT INTO app.builds VALUES (1)");
  set_owner(it.admin, Owner::target);
  for (const auto* sql :
       {"INSERT INTO app.builds VALUES (2)", "UPDATE app.builds SET note = 'x'", "DELETE FROM app.builds",
        "TRUNCATE app.builds", "INSERT INTO app.builds VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'x'",
        "MERGE INTO app.builds b USING (SELECT 1 AS id) s ON b.id = s.id WHEN MATCHED THEN DELETE",
        "WITH w AS (UPDATE app.builds SET note = 'x' RETURNING 1) SELECT FROM w"}) {
    CHECK(sqlstate(it.admin, sql) == "2F002");
  }
  const auto refused = it.admin.simple("DELETE FROM app.builds", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what ==
        "table app.builds takes no writes on cluster \"main\": the owner of split \"ci\" is target");
  CHECK(refused.error().hint == "Write to cluster \"ci\".");
  CHECK(run(it.admin, "SELECT FROM app.builds").size() == 1);
}

TEST_CASE("a REPEATABLE READ transaction that began before the owner changed is stopped") {
  Fenced it;
  auto client = main_server().connect();
  run(client, "BEGIN ISOLATION LEVEL REPEATABLE READ");
  run(client, "INSERT INTO app.builds VALUES (1)");
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 1, soon()));
  CHECK(sqlstate(client, "INSERT INTO app.builds VALUES (2)") == "2F002");
}

TEST_CASE("an apply worker's session writes under the lock") {
  Fenced it;
  set_owner(it.admin, Owner::nobody);
  run(it.admin, "SET session_replication_role TO replica");
  CHECK(sqlstate(it.admin, "INSERT INTO app.builds VALUES (1)").empty());
}

TEST_CASE("a client without any right in schema pgcleave passes the fence and can change nothing behind it") {
  Fenced it;
  run(it.admin,
      "DROP ROLE IF EXISTS app_user; CREATE ROLE app_user LOGIN; GRANT USAGE ON SCHEMA app TO app_user; "
      "GRANT ALL ON app.builds TO app_user");
  auto client = main_server().connect("app_user");
  run(client, "CREATE TEMP TABLE decoy (i int); SET search_path TO pg_temp");
  CHECK(sqlstate(client, "INSERT INTO app.builds VALUES (1)").empty());
  const std::string denied = "42501";
  CHECK(sqlstate(client, "SELECT setval('pgcleave.owner_ci', 2)") == denied);
  CHECK(sqlstate(client, "SELECT nextval('pgcleave.owner_ci')") == denied);
  CHECK(sqlstate(client, "SELECT pgcleave.pass_ci(1, 2, 'x', 9)") == denied);
  CHECK(sqlstate(client, "SELECT FROM pgcleave.ownership_log") == denied);
  CHECK(sqlstate(client, "INSERT INTO pgcleave.canary_source_ci VALUES ('x')") == denied);
  set_owner(it.admin, Owner::nobody);
  CHECK(sqlstate(client, "INSERT INTO app.builds VALUES (2)") == "2F002");
  run(it.admin, "DROP OWNED BY app_user; DROP ROLE app_user");
}

TEST_CASE("operators that a client puts before PostgreSQL's own do not open the fence") {
  Fenced it;
  run(it.admin,
      "CREATE FUNCTION app.always(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; "
      "CREATE OPERATOR app.= (LEFTARG = text, RIGHTARG = text, FUNCTION = app.always)");
  set_owner(it.admin, Owner::target);
  run(it.admin, "SET search_path TO app, pg_catalog");
  CHECK(sqlstate(it.admin, "INSERT INTO app.builds VALUES (1)") == "2F002");
}

TEST_CASE("partitions are fenced one by one, since a parent's trigger does not fire for direct writes") {
  Fenced it;
  run(it.admin,
      "CREATE TABLE app.logs (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE app.logs_1 PARTITION OF app.logs FOR VALUES FROM (0) TO (10)");
  REQUIRE(fence::create_triggers(it.admin, the_fence, {{"app", "logs"}, {"app", "logs_1"}}, 100ms, soon(), nullptr));
  set_owner(it.admin, Owner::nobody);
  CHECK(sqlstate(it.admin, "INSERT INTO app.logs VALUES (1)") == "2F002");
  CHECK(sqlstate(it.admin, "INSERT INTO app.logs_1 VALUES (1)") == "2F002");
}

TEST_CASE("the fence works for tables and clusters with hostile names") {
  const std::string cluster = "it's \"a\" $$ cluster \\ é";
  Fenced it(main_server(), fence::Fence{"ci", "main", cluster});
  const std::string longest(63, 'x');
  const std::vector<TableName> tables = {
      {"app", "Weird \"Name\""}, {"app", "it's"}, {"app", "großer 🐘"}, {"app", longest}, {"app", "select"}};
  for (const auto& table : tables) run(it.admin, "CREATE TABLE " + table.sql() + " (id int)");
  REQUIRE(fence::create_triggers(it.admin, it.which, tables, 100ms, soon(), nullptr));
  CHECK(fence::fence_drift(it.admin, it.which, tables, soon())->missing.empty());
  set_owner(it.admin, Owner::target);
  for (const auto& table : tables) CHECK(sqlstate(it.admin, "INSERT INTO " + table.sql() + " VALUES (1)") == "2F002");
  const auto refused = it.admin.simple("INSERT INTO " + tables[0].sql() + " VALUES (1)", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint == "Write to cluster \"" + cluster + "\".");
}

TEST_CASE("installing twice changes nothing, and the owner is kept") {
  Fenced it;
  CHECK(*fence::is_installed(it.admin, the_fence, soon()));
  set_owner(it.admin, Owner::target);
  REQUIRE(fence::install(it.admin, the_fence, soon()));
  run(it.admin, fence::install_sql(the_fence));
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::target);
  CHECK(*fence::is_installed(it.admin, the_fence, soon()));
}

TEST_CASE("a fence with other cluster names or a changed function does not count as installed") {
  Fenced it;
  CHECK_FALSE(*fence::is_installed(it.admin, fence::Fence{"ci", "main", "other"}, soon()));
  CHECK_FALSE(*fence::is_installed(it.admin, fence::Fence{"other", "main", "ci"}, soon()));
  run(it.admin,
      "CREATE OR REPLACE FUNCTION pgcleave.fence_ci() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
  CHECK_FALSE(*fence::is_installed(it.admin, the_fence, soon()));
  REQUIRE(fence::install(it.admin, the_fence, soon()));
  CHECK(*fence::is_installed(it.admin, the_fence, soon()));
}

TEST_CASE("uninstalling leaves nothing behind, and nothing of another split is taken along") {
  Fenced it;
  REQUIRE(fence::install(it.admin, fence::Fence{"other", "main", "ci"}, soon()));
  CHECK_FALSE(fence::uninstall(it.admin, the_fence, soon()));  // a trigger still needs it
  REQUIRE(fence::drop_triggers(it.admin, the_fence, it.tables, 100ms, soon(), nullptr));
  REQUIRE(fence::uninstall(it.admin, the_fence, soon()));
  CHECK_FALSE(*fence::is_installed(it.admin, the_fence, soon()));
  CHECK_FALSE(fence::owner(it.admin, "ci", soon())->has_value());
  CHECK(*fence::is_installed(it.admin, fence::Fence{"other", "main", "ci"}, soon()));
  REQUIRE(fence::uninstall(it.admin, fence::Fence{"other", "main", "ci"}, soon()));
  CHECK(run(it.admin, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
  CHECK(fence::uninstall(it.admin, the_fence, soon()));
  CHECK(held(it.admin, "ci", soon())->last_epoch == 0);
}

TEST_CASE("fences of two splits are installed and uninstalled at once") {
  Fenced it;
  REQUIRE(fence::drop_triggers(it.admin, the_fence, it.tables, 100ms, soon(), nullptr));
  const auto text = [](const Result<void>& done) { return done ? std::string() : done.error().text(); };
  auto second = main_server().connect();
  for (int round = 0; round < 20; ++round) {
    run(it.admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    for (const auto step : {fence::install, fence::uninstall}) {
      auto other = std::async(std::launch::async, [&] { return step(second, {"other", "main", "ci"}, soon()); });
      const auto mine = step(it.admin, the_fence, soon()), theirs = other.get();
      CHECK(text(mine) == "");
      CHECK(text(theirs) == "");
    }
  }
}

TEST_CASE("ownership passes by compare-and-set and the log says who did it") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 3, soon()));
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::nobody);
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "run-1", 3, soon()));
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::target);
  const auto log = run(it.admin, "SELECT * FROM pgcleave.ownership_log ORDER BY id");
  REQUIRE(log.size() == 2);
  CHECK(log.text(1, "run") == "run-1");
  CHECK(log.number(1, "expected") == 0);
  CHECK(log.number(1, "next") == 2);
  CHECK(held(it.admin, "ci", soon())->last_epoch == 3);
}

TEST_CASE("the same run may pass ownership again, another one is told who owns") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 1, soon()));
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 1, soon()));
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 2,
                              soon()));  // resumed under a new epoch
  const auto other = fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-2", 2, soon());
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::conflict);
  CHECK(other.error().expected == "source");
  CHECK(other.error().seen == "nobody");
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::nobody);
  CHECK(it.admin.query("SELECT 1", {}, soon()));
}

TEST_CASE("who wakes up with an older epoch is refused, also when the owner is the expected one") {
  Fenced it;
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-2", 5, soon()));
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::source, "run-2", 5, soon()));
  const auto frozen = fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 4, soon());
  REQUIRE_FALSE(frozen);
  CHECK(frozen.error().kind == ErrorKind::conflict);
  CHECK(frozen.error().seen == "epoch 5, run run-2");
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::source);
}

TEST_CASE("an owner that changed while the log's row was lost is never taken for another run's doing") {
  Fenced it;
  // What a crash between the two transactions leaves: announced, not set. The same run finishes it.
  run(it.admin, "SELECT pgcleave.pass_ci(1, 0, 'run-1', 1)");
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::source);
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 1, soon()));
  // A transaction that sets and is rolled back has set all the same: the announcement before it still signs for it.
  run(it.admin, "SELECT pgcleave.pass_ci(0, 2, 'run-1', 1)");
  run(it.admin, "BEGIN; SELECT pgcleave.pass_ci(0, 2, 'run-1', 1); ROLLBACK");
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::target);
  CHECK(fence::pass_ownership(it.admin, "ci", Owner::nobody, Owner::target, "run-1", 1, soon()));
}

TEST_CASE("of two operators who act at once exactly one wins") {
  Fenced it;
  auto first = main_server().connect();
  auto second = main_server().connect();
  for (int round = 1; round <= 20; ++round) {
    set_owner(it.admin, Owner::source);
    const auto call = [&](const std::string& run) {
      return "BEGIN; SELECT pgcleave.pass_ci(1, 0, '" + run + "', 1); COMMIT; BEGIN; SELECT pgcleave.pass_ci(1, 0, '" +
             run + "', 1); COMMIT";
    };
    REQUIRE(first.send(call("a" + std::to_string(round))));
    REQUIRE(second.send(call("b" + std::to_string(round))));
    const auto first_done = first.receive(soon());
    const auto second_done = second.receive(soon());
    CHECK(first_done.has_value() + second_done.has_value() == 1);
    CHECK((first_done ? *first_done : *second_done).text(0, "pass_ci") == "passed");
    CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::nobody);
    run(it.admin, "TRUNCATE pgcleave.ownership_log");
  }
}

TEST_CASE("a higher epoch that comes between announcement and change takes over") {
  Fenced it;
  run(it.admin, "SELECT pgcleave.pass_ci(1, 0, 'run-1', 1)");
  const auto equal = fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-2", 1, soon());
  REQUIRE_FALSE(equal);
  CHECK(equal.error().seen == "epoch 1, run run-1");
  REQUIRE(fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-2", 2, soon()));
  const auto late = fence::pass_ownership(it.admin, "ci", Owner::source, Owner::nobody, "run-1", 1, soon());
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::conflict);
  CHECK(late.error().seen == "epoch 2, run run-2");
}

TEST_CASE("where no fence is ownership does not pass, and PostgreSQL's own error says why") {
  Fenced it;
  const auto passed = fence::pass_ownership(it.admin, "other", Owner::source, Owner::nobody, "run-1", 1, soon());
  REQUIRE_FALSE(passed);
  CHECK(passed.error().kind == ErrorKind::failed);
  CHECK(passed.error().text().find("pass_other") != std::string::npos);
  CHECK(*fence::owner(it.admin, "ci", soon()) == Owner::source);
}
