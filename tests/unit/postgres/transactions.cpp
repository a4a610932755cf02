#include "postgres/transactions.h"

#include <catch2/catch.hpp>
#include <optional>

#include "postgres/replication.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::run;
using test::Server;
using test::soon;

namespace {

void use_up_transactions(Connection& connection, int count) {
  for (int i = 0; i < count; ++i) run(connection, "SELECT pg_current_xact_id()");
}

std::string held(Connection& connection, int transactions) {
  const auto found = keeps_from_vacuum(connection, transactions, soon());
  REQUIRE(found);
  return found->value_or("");
}

}  // namespace

TEST_CASE(
    "whoever keeps a server from vacuuming is named: a session, a prepared transaction, a slot of a standby that has "
    "gone") {
  const Server primary("primary");
  auto connection = primary.connect();
  CHECK(held(connection, 0).empty());

  auto reader = primary.connect();
  run(reader, "SET application_name TO report");
  run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
  run(reader, "SELECT 1");
  use_up_transactions(connection, 20);
  CHECK(held(connection, 20).find("of postgres (report, idle in transaction) holds an xmin that is 2") !=
        std::string::npos);
  CHECK(held(connection, 1000).empty());
  run(reader, "ROLLBACK");
  CHECK(held(connection, 1).empty());

  run(connection, "CREATE TABLE kept (id int)");
  run(reader, "BEGIN");
  run(reader, "INSERT INTO kept VALUES (1)");
  run(reader, "PREPARE TRANSACTION 'left'");
  use_up_transactions(connection, 5);
  CHECK(held(connection, 5).find("prepared transaction 'left' of postgres holds an xmin") == 0);
  run(reader, "ROLLBACK PREPARED 'left'");

  REQUIRE(create_physical_slot(connection, "gone", soon()));
  {
    const Server standby("standby", primary);
    auto there = standby.connect();
    run(there, "ALTER SYSTEM SET hot_standby_feedback = on");
    run(there, "ALTER SYSTEM SET wal_receiver_status_interval = 1");
    run(there, "ALTER SYSTEM SET primary_slot_name = 'gone'");
    run(there, "SELECT pg_reload_conf()");
    REQUIRE(wait_until("it gives feedback", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> {
      TRY_ASSIGN(const auto now, slot(connection, "gone", soon()));
      return now && now->keeps_from_vacuum;
    }));
    use_up_transactions(connection, 5);
    CHECK(held(connection, 0).find("slot gone holds an xmin") == 0);
  }
  REQUIRE(wait_until("it has gone", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto now, slot(connection, "gone", soon()));
    return !now->active;
  }));
  use_up_transactions(connection, 30);
  CHECK(held(connection, 20).find("slot gone, which nobody uses, holds an xmin that is 3") == 0);
}
