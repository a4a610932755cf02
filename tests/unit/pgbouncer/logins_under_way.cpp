// A server login that PAUSE closes counts as failed, and PgBouncer 1.18 then refuses clients who come before the next
// one has succeeded.
#include <catch2/catch.hpp>
#include <csignal>
#include <future>
#include <thread>

#include "breaking_relay.h"
#include "servers.h"
#include "silent_server.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

namespace {

int free_servers(const RunningBouncer& bouncer) {
  const auto pools = postgres::Connection::open(bouncer.spec().console, soon())->simple("SHOW POOLS", soon()).value();
  int sum = 0;
  for (std::size_t row = 0; row < pools.size(); ++row) {
    if (pools.text(row, "database") != "app") continue;
    for (const auto* column : {"sv_idle", "sv_used", "sv_tested", "sv_login"})
      sum += std::stoi(pools.text(row, column));
  }
  return sum;
}

Duration time_to_hold_back(Fleet& fleet) {
  const auto began = Monotonic::now();
  REQUIRE(fleet.hold_back_logins(soon()).has_value());
  return std::chrono::duration_cast<Duration>(Monotonic::now() - began);
}

}  // namespace

TEST_CASE(
    "a client who needs a further server between the last look at the logins and PAUSE waits without one, and is "
    "served after it") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port(), "max_db_connections = 50\n");
  const auto limit = [&] { return bouncer.console().setting("max_db_connections", soon()).value(); };
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  auto client = bouncer.connect();
  std::vector<postgres::Connection> busy;
  do {
    busy.push_back(bouncer.connect());
    REQUIRE(busy.back().simple("begin", soon()).has_value());
  } while (free_servers(bouncer) > 0);
  REQUIRE(fleet.hold_back_logins(soon()).has_value());
  CHECK(limit() == "1");
  CHECK(fleet.without_own_settings(soon()).value() == std::vector<std::string>{"one"});
  REQUIRE(client.send("select 2 as two").has_value());
  std::this_thread::sleep_for(200ms);
  CHECK_FALSE(client.answered().value());
  CHECK(bouncer.console().logins("app", soon()).value() == 0);

  auto while_draining = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(100ms);
    auto seen = limit();
    for (auto& other : busy)
      if (!other.simple("commit", soon())) seen += ", and a transaction was lost";
    return seen;
  });
  CHECK(fleet.pause(soon(), nullptr).has_value());
  CHECK(while_draining.get() == "50");
  CHECK(limit() == "50");
  CHECK_FALSE(client.answered().value());
  REQUIRE(resume_all(fleet, soon()).has_value());
  CHECK(client.receive(soon()).value().text(0, "two") == "2");
  CHECK(fleet.without_own_settings(soon()).value().empty());
}

TEST_CASE("a server login that is under way is waited for before PAUSE, but not for long") {
  const Folder folder;
  const SilentServer silent;
  const RunningBouncer bouncer(folder, "one", silent.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  CHECK(time_to_hold_back(fleet) < 90ms);
  auto client = std::async(std::launch::async,
                           [&] { return postgres::Connection::open(bouncer.client(), Deadline::in(2s)).has_value(); });
  auto console = bouncer.console();
  REQUIRE(wait_until("a login is under way", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const int logins, console.logins("app", soon()));
    return logins == 1;
  }));
  const auto took = time_to_hold_back(fleet);
  CHECK(took >= 100ms);
  CHECK(took < 1s);
  CHECK_FALSE(client.get());
}

TEST_CASE("a console that was lost while logins ended is open again before the first PAUSE is sent") {
  const Folder folder;
  const SilentServer silent;
  const auto pidfile = folder.path() + "/one.pid";
  const RunningBouncer bouncer(folder, "one", silent.port(), "pidfile = " + pidfile + "\n");
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  auto console = bouncer.console();
  const auto pid = std::stoi(slurp(pidfile));
  auto client = std::async(std::launch::async,
                           [&] { return postgres::Connection::open(bouncer.client(), Deadline::in(2s)).has_value(); });
  REQUIRE(wait_until("a login is under way", soon(), 5ms, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const int logins, console.logins("app", soon()));
    return logins == 1;
  }));
  auto stall = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(30ms);
    ::kill(pid, SIGSTOP);
    std::this_thread::sleep_for(400ms);
    ::kill(pid, SIGCONT);
  });
  CHECK(problem(fleet.hold_back_logins(soon())) == "");
  stall.get();
  int ours = 0;
  const auto applications = console.client_applications(soon()).value();
  for (const auto& application : applications) ours += application.starts_with("pgcleave ") ? 1 : 0;
  CHECK(ours == 2);
  CHECK_FALSE(client.get());
}

TEST_CASE("a pool whose server never gives a connection back is paused after KILL, and new clients wait until RESUME") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  auto stuck = bouncer.connect();
  REQUIRE(stuck.simple("begin", soon()).has_value());
  CHECK_FALSE(pause_all(fleet, within_ms(300), nullptr).has_value());
  CHECK(problem(fleet.kill(soon())) == "");
  CHECK_FALSE(stuck.simple("select 1", soon()).has_value());
  CHECK(fleet.pause(soon(), nullptr).has_value());
  auto waits =
      std::async(std::launch::async, [&] { return bouncer.connect().simple("select 2 as two", soon()).has_value(); });
  CHECK(waits.wait_for(200ms) == std::future_status::timeout);
  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(waits.get());
}

TEST_CASE("a bouncer whose console breaks off at one of the settings before PAUSE is not ready to be paused") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  for (const auto* setting : {"server_login_retry", "min_pool_size", "max_db_connections"}) {
    INFO(setting);
    const BreakingRelay relay(std::stoi(bouncer.client().values.at("port")), std::string("SET ") + setting);
    auto spec = bouncer.spec();
    spec.console.values["port"] = std::to_string(relay.port());
    Fleet fleet({spec});
    REQUIRE(fleet.connect(soon()).has_value());
    const auto held = fleet.hold_back_logins(Deadline::in(1s));
    CHECK(relay.has_broken());
    REQUIRE_FALSE(held);
    CHECK(held.error().text().find("the connection was lost before the answer came") != std::string::npos);
  }
}
