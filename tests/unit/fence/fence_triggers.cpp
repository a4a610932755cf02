#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "postgres/installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::Fenced;
using test::main_server;
using test::run;
using test::soon;
using test::the_fence;

TEST_CASE("drift names tables without a working trigger and tables that should have none") {
  Fenced it;
  run(it.admin, "CREATE TABLE app.jobs (id int); CREATE TABLE app.users (id int)");
  const std::vector<TableName> moved = {{"app", "builds"}, {"app", "jobs"}};
  REQUIRE(fence::create_triggers(it.admin, the_fence, {{"app", "jobs"}, {"app", "users"}}, 100ms, soon(), nullptr));
  run(it.admin, "ALTER TABLE app.jobs DISABLE TRIGGER pgcleave_fence_ci");
  const auto drift = fence::fence_drift(it.admin, the_fence, moved, soon());
  REQUIRE(drift);
  CHECK(drift->missing == std::vector<TableName>{{"app", "jobs"}});
  CHECK(drift->superfluous == std::vector<TableName>{{"app", "users"}});
  REQUIRE(fence::create_triggers(it.admin, the_fence, moved, 100ms, soon(), nullptr));
  CHECK(fence::fence_drift(it.admin, the_fence, moved, soon())->missing.empty());
}

TEST_CASE("a table in the way holds up no other: it is retried, and named when the time is over") {
  Fenced it;
  std::vector<TableName> tables;
  for (int i = 0; i < 120; ++i) {
    tables.push_back({"app", "t" + std::to_string(i)});
    run(it.admin, "CREATE TABLE " + tables.back().sql() + " (id int)");
  }
  auto client = main_server().connect();
  run(client, "BEGIN; INSERT INTO app.t77 VALUES (1)");
  const auto late = fence::create_triggers(it.admin, the_fence, tables, 20ms, Deadline::in(600ms), nullptr);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timed_out);
  CHECK(late.error().object == "table app.t77");
  CHECK(late.error().seen.find("RowExclusiveLock on app.t77") != std::string::npos);
  CHECK(fence::fence_drift(it.admin, the_fence, tables, soon())->missing == std::vector<TableName>{{"app", "t77"}});
  run(client, "COMMIT");
  REQUIRE(fence::create_triggers(it.admin, the_fence, tables, 20ms, soon(), nullptr));
  CHECK(fence::fence_drift(it.admin, the_fence, tables, soon())->missing.empty());
}

TEST_CASE("a stop request ends the creation of triggers") {
  Fenced it;
  run(it.admin, "CREATE TABLE app.jobs (id int)");
  auto client = main_server().connect();
  run(client, "BEGIN; INSERT INTO app.jobs VALUES (1)");
  StopFlag stop;
  stop.request();
  const auto stopped = fence::create_triggers(it.admin, the_fence, {{"app", "jobs"}}, 20ms, soon(), &stop);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
}

TEST_CASE("a stop request ends the wait for a table's lock at once, and names who holds it") {
  Fenced it;
  run(it.admin, "CREATE TABLE app.jobs (id int)");
  auto client = main_server().connect();
  run(client, "BEGIN; INSERT INTO app.jobs VALUES (1)");
  StopFlag stop;
  auto stopping = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(150ms);
    stop.request();
  });
  const auto began = Monotonic::now();
  const auto stopped = fence::create_triggers(it.admin, the_fence, {{"app", "jobs"}}, 5ms, Deadline::in(20s), &stop);
  CHECK(Monotonic::now() - began < 5s);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(stopped.error().object == "table app.jobs");
  CHECK(stopped.error().seen.find("RowExclusiveLock on app.jobs") != std::string::npos);
  stopping.get();
}

TEST_CASE("a table that is gone by the time of its trigger is an error at once, and no lock that is waited for") {
  Fenced it;
  const auto began = Monotonic::now();
  const auto gone = fence::create_triggers(it.admin, the_fence, {{"app", "gone"}}, 20ms, Deadline::in(20s), nullptr);
  CHECK(Monotonic::now() - began < 5s);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == "42P01");
}
