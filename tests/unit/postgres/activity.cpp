#include "postgres/activity.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;

namespace {

int pid_of(Connection& connection) {
  return static_cast<int>(run(connection, "SELECT pg_backend_pid() AS pid").number(0, "pid"));
}

OpenTransaction only_one(Connection& connection, int pid) {
  const auto open = open_transactions(connection, {pid}, soon());
  REQUIRE(open);
  REQUIRE(open->size() == 1);
  return open->front();
}

}  // namespace

TEST_CASE("open transactions of the sessions that are asked for are told, readers too, and no others") {
  auto connection = main_server().connect();
  auto reader = main_server().connect();
  auto other = main_server().connect();
  const auto pid = pid_of(reader);
  CHECK(open_transactions(connection, {}, soon())->empty());
  CHECK(open_transactions(connection, {pid}, soon())->empty());
  run(other, "BEGIN");
  run(reader, "SET application_name TO report");
  run(reader, "BEGIN");
  run(reader, "SELECT 1");
  const auto seen = only_one(connection, pid);
  CHECK(seen.pid == pid);
  CHECK(seen.idle);
  CHECK(seen.age > 0us);
  CHECK_FALSE(seen.usual);
  CHECK(seen.text().rfind("pid " + std::to_string(pid) + " of postgres (report), idle in transaction for ", 0) == 0);
}

TEST_CASE("a statement that runs comes with the times that it usually takes, where pg_stat_statements knows them") {
  auto connection = main_server().connect();
  auto busy = main_server().connect();
  const auto pid = pid_of(busy);
  const auto run_slowly = [&] {
    REQUIRE(busy.send("SELECT count(*), pg_sleep(2.0)"));
    OpenTransaction seen;
    for (int i = 0; i < 100 && (seen.pid == 0 || seen.idle); ++i) {
      const auto open = open_transactions(connection, {pid}, soon());
      REQUIRE(open);
      if (!open->empty()) seen = open->front();
    }
    run(connection, "SELECT pg_cancel_backend(" + std::to_string(pid) + ")");
    (void)busy.receive(soon());
    return seen;
  };
  auto seen = run_slowly();
  CHECK_FALSE(seen.idle);
  CHECK(seen.single_statement);
  CHECK_FALSE(seen.usual);

  run(connection, "CREATE SCHEMA statistics_are_here");
  run(connection, "CREATE EXTENSION pg_stat_statements SCHEMA statistics_are_here");
  for (int i = 0; i < 6; ++i) run(busy, "SELECT count(*), pg_sleep(0.02)");
  seen = run_slowly();
  REQUIRE(seen.usual);
  CHECK(seen.usual->calls >= 6);
  CHECK(seen.usual->mean >= 20ms);
  CHECK(seen.usual->longest >= seen.usual->mean);
  CHECK(seen.usual->longest < 2s);

  run(busy, "BEGIN");
  run(busy, "SELECT pg_sleep(0.01)");
  CHECK_FALSE(run_slowly().single_statement);
  run(busy, "ROLLBACK");
  run(connection, "DROP SCHEMA statistics_are_here CASCADE");
}
