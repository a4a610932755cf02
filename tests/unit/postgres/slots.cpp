#include <catch2/catch.hpp>

#include "postgres/identity.h"
#include "postgres/replication.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::soon;

TEST_CASE("a slot that has lost its WAL is lost, and 17 and later name the reason") {
  auto connection = main_server().connect();
  REQUIRE(create_logical_slot(connection, "split_lost", soon()));
  CHECK_FALSE(slot(connection, "split_lost", soon())->value().lost());
  run(connection, "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
  run(connection, "SELECT pg_reload_conf()");
  const auto lost = wait_until("the slot is lost", Deadline::in(20s), 50ms, nullptr, [&]() -> Result<bool> {
    run(connection, "SELECT pg_logical_emit_message(false, 'filling', 'a segment')");
    run(connection, "SELECT pg_switch_wal()");
    run(connection, "CHECKPOINT");
    return slot(connection, "split_lost", soon())->value().lost();
  });
  const auto seen = slot(connection, "split_lost", soon());
  run(connection, "ALTER SYSTEM RESET max_slot_wal_keep_size");
  run(connection, "SELECT pg_reload_conf()");
  REQUIRE(drop_slot(connection, "split_lost", soon()));
  REQUIRE(lost);
  CHECK(seen->value().wal_status == "lost");
  CHECK(seen->value().invalidated == (identify(connection, soon())->version >= 170000 ? "wal_removed" : ""));
  CHECK(seen->value().loss() == "has lost WAL that it needs");
}

TEST_CASE("the loss of a slot is told in PostgreSQL's word for it") {
  Slot slot;
  slot.wal_status = "reserved";
  CHECK_FALSE(slot.lost());
  slot.wal_status = "lost";
  slot.invalidated = "idle_timeout";
  CHECK(slot.lost());
  CHECK(slot.loss() == "was invalidated by PostgreSQL (idle_timeout)");
}

TEST_CASE(
    "a slot for standbys too is made where the server synchronizes slots, from 17 on, and only if it is asked for") {
  auto connection = main_server().connect();
  const bool synchronizes = connection.server_version() >= failover_slots_since;
  const auto made = [&](Failover failover) {
    const auto slot = create_logical_slot(connection, "split_standbys", soon(), failover);
    REQUIRE(slot);
    REQUIRE(drop_slot(connection, "split_standbys", soon()));
    return slot->failover;
  };
  CHECK_FALSE(made(Failover::as_set_up));
  if (synchronizes) {
    run(connection, "ALTER SYSTEM SET sync_replication_slots = on");
    run(connection, "SELECT pg_reload_conf()");
    REQUIRE(wait_until("it is in force", soon(), 10ms, nullptr, [&]() -> Result<bool> {
      return run(connection, "SHOW sync_replication_slots").text(0, "sync_replication_slots") == "on";
    }));
  }
  CHECK(made(Failover::as_set_up) == synchronizes);
  CHECK_FALSE(made(Failover::no));
  if (!synchronizes) return;
  run(connection, "ALTER SYSTEM RESET sync_replication_slots");
  run(connection, "SELECT pg_reload_conf()");
}
