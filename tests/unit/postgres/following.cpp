#include "postgres/following.h"

#include <catch2/catch.hpp>
#include <future>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace std::chrono_literals;
using test::main_server;
using test::run;
using test::Server;
using test::soon;

TEST_CASE("a base backup is seen while it is being taken, and not after it") {
  auto connection = main_server().connect();
  const auto before = base_backup(connection, soon());
  REQUIRE(before);
  CHECK_FALSE(before->has_value());
  auto copying = std::async(std::launch::async, [] { const Server copy("copy", main_server()); });
  std::optional<BaseBackup> seen;
  for (const auto deadline = Deadline::in(20s); !deadline.passed() && !(seen && seen->total.count > 0);) {
    auto now = base_backup(connection, soon());
    if (now && *now) seen = *now;
  }
  copying.get();
  REQUIRE(seen);
  CHECK(seen->total.count > 1'000'000);
  CHECK(seen->streamed <= seen->total);
  CHECK_FALSE(base_backup(connection, soon())->has_value());
}

TEST_CASE("a receiver that is refused again and again is not streaming, whatever it says of itself") {
  auto primary = main_server().connect();
  const Server standby("standby", main_server());
  auto connection = standby.connect();
  const auto streams = [&] { return receiving(connection, soon()).value_or("") == "streaming"; };
  REQUIRE(wait_until("it streams", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> { return streams(); }));
  run(connection, "ALTER SYSTEM SET primary_slot_name = 'no_such_slot'");
  run(connection, "SELECT pg_reload_conf()");
  REQUIRE(wait_until("it is refused", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> { return !streams(); }));
  bool said_streaming = false;
  for (const auto deadline = Deadline::in(3s); !deadline.passed();) {
    said_streaming =
        said_streaming || !run(connection, "SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'").empty();
    if (said_streaming) break;
  }
  CHECK(said_streaming);  // else this test proves nothing
  for (int i = 0; i < 10; ++i) CHECK_FALSE(streams());
  run(primary, "SELECT pg_create_physical_replication_slot('no_such_slot')");
  CHECK(wait_until("it streams again", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> { return streams(); }));
  run(connection, "ALTER SYSTEM RESET primary_slot_name");
  run(connection, "SELECT pg_reload_conf()");
  CHECK(wait_until("the slot is free", Deadline::in(10s), 50ms, nullptr, [&]() -> Result<bool> {
    return bool(primary.simple("SELECT pg_drop_replication_slot('no_such_slot')", soon()));
  }));
}
