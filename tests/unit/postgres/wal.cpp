#include "postgres/wal.h"

#include <catch2/catch.hpp>

#include "fence/canary.h"
#include "installed.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using namespace std::chrono_literals;
using test::canary;
using test::Installed;
using test::main_server;
using test::run;
using test::soon;

namespace {

Lsn lsn_of(Connection& connection, const std::string& sql) {
  return parse_lsn(run(connection, "SELECT " + sql + " AS lsn").text(0, "lsn")).value();
}

}  // namespace

TEST_CASE("a captured LSN is ahead of every earlier commit, asynchronous ones included, and flushed") {
  Installed it;
  run(it.admin, "CREATE TEMP TABLE none (); CREATE TABLE IF NOT EXISTS asynchronous (i int)");
  for (int i = 0; i < 20; ++i) {
    run(it.admin, "SET synchronous_commit TO off; INSERT INTO asynchronous VALUES (1)");
    const auto before = lsn_of(it.admin, "pg_current_wal_insert_lsn()");
    const auto captured = capture_lsn(it.admin, canary, "token " + std::to_string(i), soon());
    REQUIRE(captured);
    CHECK(*captured >= before);
    CHECK(lsn_of(it.admin, "pg_current_wal_flush_lsn()") >= *captured);
  }
  CHECK(run(it.admin, "SELECT FROM pgcleave.canary_source_ci").size() == 20);
  run(it.admin, "DROP TABLE asynchronous");
}

TEST_CASE("the message at the captured LSN is in the log and bears the token") {
  Installed it;
  run(it.admin, "SELECT pg_create_logical_replication_slot('reader', 'test_decoding')");
  const auto captured = capture_lsn(it.admin, canary, "it's \\ me", soon());
  const auto changes = run(
      it.admin, "SELECT lsn, data FROM pg_logical_slot_get_changes('reader', NULL, NULL) WHERE data LIKE 'message%'");
  run(it.admin, "SELECT pg_drop_replication_slot('reader')");
  REQUIRE(captured);
  REQUIRE(changes.size() == 1);
  CHECK(changes.text(0, "lsn") == captured->text());
  CHECK(changes.text(0, "data").find("it's \\ me") != std::string::npos);
}

TEST_CASE("capturing again with the same token works, and without the canary it is refused and leaves no transaction") {
  Installed it;
  const auto first = capture_lsn(it.admin, canary, "again", soon());
  const auto second = capture_lsn(it.admin, canary, "again", soon());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*second > *first);
  const auto refused = capture_lsn(it.admin, fence::canary_of("other", Owner::source), "x", soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "42P01");
  CHECK(it.admin.query("SELECT 1", {}, soon()));
}

TEST_CASE("a primary's positions are told") {
  auto connection = main_server().connect();
  const auto before = lsn_of(connection, "pg_current_wal_insert_lsn()");
  const auto state = recovery(connection, soon());
  REQUIRE(state);
  CHECK_FALSE(state->in_recovery);
  CHECK_FALSE(state->replay_paused);
  CHECK(state->replayed >= before);
  CHECK(*current_lsn(connection, soon()) >= before);
  CHECK(receiver(connection, soon())->status.empty());
  CHECK(senders(connection, soon())->empty());
  const auto origin = branch(connection, soon());
  REQUIRE(origin);
  CHECK(origin->timeline == 1);
  CHECK_FALSE(origin->at.has_value());
}

TEST_CASE("a checkpoint moves the redo position on, and the oldest segment on disk is not ahead of it") {
  auto connection = main_server().connect();
  const auto before = redo_lsn(connection, soon());
  run(connection, "SELECT txid_current()");
  REQUIRE(checkpoint(connection, soon()));
  const auto after = redo_lsn(connection, soon());
  REQUIRE(before);
  REQUIRE(after);
  CHECK(*after > *before);
  const auto oldest = oldest_wal(connection, soon());
  REQUIRE(oldest);
  CHECK(*oldest <= *after);
  CHECK(oldest->position % (16u << 20) == 0);
  const auto first =
      run(connection, "SELECT pg_walfile_name(pg_lsn '" + Lsn{oldest->position + 1}.text() + "') AS name")
          .text(0, "name");
  CHECK(run(connection, "SELECT min(name) AS name FROM pg_ls_waldir() WHERE length(name) = 24").text(0, "name") ==
        first);
}
