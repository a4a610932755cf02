#include "fence/kept_fence.h"

#include <catch2/catch.hpp>

#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::ci_server;
using test::main_server;
using test::run;
using test::soon;
using test::sqlstate;
using test::the_fence;

namespace {

const std::vector<TableName> users = {{"app", "users"}};

// A kept table with its lock, beside a moved one; gone afterwards.
struct KeptFenced {
  explicit KeptFenced(test::Server& server = ci_server(), Fence of = the_fence)
      : admin(server.connect()), schema(admin, "app"), which(std::move(of)) {
    run(admin,
        "DROP SCHEMA IF EXISTS pgcleave CASCADE; CREATE TABLE app.users (id int PRIMARY KEY, name text); CREATE TABLE "
        "app.builds (id int)");
    REQUIRE(fence::install(admin, which, soon()));
    REQUIRE(fence::create_triggers(admin, which, {{"app", "builds"}}, 100ms, soon(), nullptr));
    REQUIRE(fence::install_kept_fence(admin, which, soon()));
    REQUIRE(fence::create_kept_triggers(admin, which, users, 100ms, soon(), nullptr));
  }
  ~KeptFenced() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  KeptFenced(const KeptFenced&) = delete;
  KeptFenced& operator=(const KeptFenced&) = delete;

  Connection admin;
  test::Schema schema;
  Fence which;
};

}  // namespace

TEST_CASE("a kept table refuses every kind of write on the target and says where to write") {
  KeptFenced it;
  for (const auto* sql :
       {"INSERT INTO app.users VALUES (1)", "UPDATE app.users SET name = 'x'", "DELETE FROM app.users",
        "TRUNCATE app.users", "WITH w AS (UPDATE app.users SET name = 'x' RETURNING 1) SELECT FROM w"}) {
    CHECK(sqlstate(it.admin, sql) == "2F002");
  }
  const auto refused = it.admin.simple("DELETE FROM app.users", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "table app.users takes no writes on cluster \"ci\": it stayed behind in split \"ci\"");
  CHECK(refused.error().hint == "Write to cluster \"main\".");
  CHECK(run(it.admin, "SELECT FROM app.users").empty());
}

TEST_CASE("a kept table stays locked on the target whoever owns the moved ones, and open on the source") {
  KeptFenced on_target;
  for (const char* owner : {"0", "1", "2"}) {
    run(on_target.admin, std::string("SELECT setval('pgcleave.owner_ci', ") + owner + ")");
    CHECK(sqlstate(on_target.admin, "INSERT INTO app.users VALUES (1)") == "2F002");
  }
  run(on_target.admin, "SET session_replication_role TO replica");
  CHECK(sqlstate(on_target.admin, "INSERT INTO app.users VALUES (1)").empty());
  KeptFenced on_source(main_server());
  CHECK(sqlstate(on_source.admin, "INSERT INTO app.users VALUES (1)").empty());
}

TEST_CASE("the lock of kept tables holds with any search_path and hostile names") {
  const std::string cluster = "it's \"a\" $$ cluster \\ é";
  KeptFenced it(ci_server(), fence::Fence{"ci", cluster, "ci"});
  run(it.admin,
      "CREATE FUNCTION app.always(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; "
      "CREATE OPERATOR app.= (LEFTARG = text, RIGHTARG = text, FUNCTION = app.always); SET search_path TO app, "
      "pg_catalog");
  const auto refused = it.admin.simple("INSERT INTO app.users VALUES (1)", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint == "Write to cluster \"" + cluster + "\".");
}

TEST_CASE("drift of the two fences is told apart") {
  KeptFenced it;
  run(it.admin, "CREATE TABLE app.audit (id int); ALTER TABLE app.users DISABLE TRIGGER pgcleave_fence_kept_ci");
  const std::vector<TableName> kept = {{"app", "audit"}, {"app", "users"}};
  CHECK(fence::kept_fence_drift(it.admin, the_fence, kept, soon())->missing == kept);
  CHECK(fence::kept_fence_drift(it.admin, the_fence, {}, soon())->superfluous == users);
  CHECK(fence::fence_drift(it.admin, the_fence, {{"app", "builds"}}, soon())->missing.empty());
  CHECK(fence::fence_drift(it.admin, the_fence, {{"app", "builds"}}, soon())->superfluous.empty());
  REQUIRE(fence::create_kept_triggers(it.admin, the_fence, kept, 100ms, soon(), nullptr));
  CHECK(fence::kept_fence_drift(it.admin, the_fence, kept, soon())->missing.empty());
  REQUIRE(fence::drop_kept_triggers(it.admin, the_fence, {{"app", "audit"}}, 100ms, soon(), nullptr));
  CHECK(fence::kept_fence_drift(it.admin, the_fence, kept, soon())->missing ==
        std::vector<TableName>{{"app", "audit"}});
  CHECK(fence::fence_drift(it.admin, the_fence, {{"app", "builds"}}, soon())->missing.empty());
}

TEST_CASE("a lock of kept tables with another text does not count as installed") {
  KeptFenced it;
  CHECK(*fence::kept_fence(it.admin, the_fence, soon()) == KeptFence::installed);
  CHECK(*kept_fence(it.admin, fence::Fence{"ci", "other", "ci"}, soon()) == KeptFence::other);
  CHECK(*fence::kept_fence(it.admin, fence::Fence{"other", "main", "ci"}, soon()) == KeptFence::absent);
  run(it.admin,
      "CREATE OR REPLACE FUNCTION pgcleave.fence_kept_ci() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; "
      "END'");
  CHECK(*fence::kept_fence(it.admin, the_fence, soon()) == KeptFence::other);
  REQUIRE(fence::install_kept_fence(it.admin, the_fence, soon()));
  CHECK(*fence::kept_fence(it.admin, the_fence, soon()) == KeptFence::installed);
}

TEST_CASE("uninstalling ownership takes the lock of kept tables along, once its triggers are gone") {
  KeptFenced it;
  REQUIRE(fence::drop_triggers(it.admin, the_fence, {{"app", "builds"}}, 100ms, soon(), nullptr));
  CHECK_FALSE(fence::uninstall(it.admin, the_fence, soon()));
  CHECK_FALSE(fence::uninstall_kept_fence(it.admin, the_fence, soon()));
  REQUIRE(fence::drop_kept_triggers(it.admin, the_fence, users, 100ms, soon(), nullptr));
  for (int times = 1; times <= 2; ++times) CHECK(fence::uninstall_kept_fence(it.admin, the_fence, soon()));
  CHECK(*fence::kept_fence(it.admin, the_fence, soon()) == KeptFence::absent);
  REQUIRE(fence::install_kept_fence(it.admin, the_fence, soon()));
  REQUIRE(fence::uninstall(it.admin, the_fence, soon()));
  CHECK(run(it.admin, "SELECT FROM pg_namespace WHERE nspname = 'pgcleave'").empty());
}
