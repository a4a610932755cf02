// Clients are kept waiting while a process gets a new route, by what its version offers.
#include "pgbouncer/holding.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "base/format.h"
#include "pgbouncer/inspection.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

namespace {

Hold hold_here(const RunningBouncer& bouncer) {
  return hold_of(bouncer.console().version(soon()).value(), false);
}

Duration since(Monotonic::time_point began) {
  return std::chrono::duration_cast<Duration>(Monotonic::now() - began);
}

// Clients of a bouncer, each on its own thread, until they are ended.
class Clients {
 public:
  Clients(const RunningBouncer& bouncer, int staying, int reconnecting) {
    for (int i = 0; i < staying + reconnecting; ++i)
      threads_.emplace_back([this, &bouncer, stays = i < staying] { work(bouncer, stays); });
  }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  ~Clients() { end(); }

  void end() {
    over_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  // The longest that one waited since this was last called.
  Duration longest() { return Duration(longest_.exchange(0)); }
  // After end().
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] int served() const { return served_; }

 private:
  void work(const RunningBouncer& bouncer, bool stays) {
    std::optional<Result<postgres::Connection>> connection;
    while (!over_) {
      const auto began = Monotonic::now();
      if (!stays || !connection) connection = postgres::Connection::open(bouncer.client(), soon());
      const auto answer = *connection ? (*connection)->simple("select 1", soon()) : fail((*connection).error());
      if (!answer) {
        const std::lock_guard guard(mutex_);
        problem_ = answer.error().text();
        connection.reset();
      }
      const auto waited = since(began).count();
      auto longest = longest_.load();
      while (waited > longest && !longest_.compare_exchange_weak(longest, waited)) {
      }
      ++served_;
    }
  }

  std::atomic<bool> over_{false};
  std::atomic<int> served_{0};
  std::atomic<Duration::rep> longest_{0};
  std::mutex mutex_;
  std::string problem_;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("what holds clients is known for each version that says which it is") {
  for (const auto* version : {"PgBouncer 1.18.0", "PgBouncer 1.22.1"})
    CHECK(hold_of(version, false) == Hold::pool_size);
  CHECK(hold_of("PgBouncer 1.18.0", true) == Hold::none);
  CHECK(hold_of("PgBouncer 1.19.0", true) == Hold::process);
  for (const auto* version : {"PgBouncer 1.23.0", "PgBouncer 1.24.1", "PgBouncer 1.26.0"}) {
    CHECK(hold_of(version, false) == Hold::process);
    CHECK(hold_of(version, true) == Hold::process);
  }
  for (const auto* version : {"PgBouncer 2.0.0", "PgBouncer", "", "1", "x.y"})
    CHECK(hold_of(version, false) == Hold::none);
}

TEST_CASE(
    "in 25 flips no client sees an error, whether it stays or connects anew, and none waits longer than the pause") {
  const FlippingPool pool;
  Fleet fleet({pool.bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  Clients clients(pool.bouncer, 2, 4);
  Duration worst{};
  for (int flip = 0; flip < 25; ++flip) {
    const Route next{"127.0.0.1", flip % 2 == 0 ? pool.new_server.port() : pool.old_server.port()};
    REQUIRE(problem(fleet.stage_route(next, soon())) == "");
    static_cast<void>(clients.longest());
    const auto began = Monotonic::now();
    REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
    REQUIRE(problem(fleet.repoint(next, soon())) == "");
    REQUIRE(problem(resume_all(fleet, soon())) == "");
    const auto paused = since(began);
    CHECK(port_behind(pool.bouncer) == next.port);
    std::this_thread::sleep_for(50ms);
    worst = std::max(worst, clients.longest() - paused);
  }
  clients.end();
  CHECK(clients.problem() == "");
  CHECK(clients.served() > 500);
  CHECK(worst < 1s);  // a login that counts as failed costs 15
  CHECK(fleet.without_own_settings(soon()).value().empty());
  CHECK_FALSE(fleet.routes(soon()).front().keeps_clients_waiting());
}

TEST_CASE("no login to a server begins between RELOAD and RESUME, however many clients log in") {
  const FlippingPool pool;
  make_logins_take_a_second(pool.new_server);
  Fleet fleet({pool.bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto idle = pool.bouncer.connect();
  std::atomic<bool> over{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> newcomers;  // who only log in: who asked for something would wait, and not be there then
  for (int i = 0; i < 6; ++i) {
    newcomers.emplace_back([&] {
      while (!over)
        if (!postgres::Connection::open(pool.bouncer.client(), soon())) ++refused;
    });
  }
  pause_and_repoint(fleet, pool.next);
  const auto resumed = problem(resume_all(fleet, soon()));
  const auto answer = idle.simple("select 1", soon());
  over = true;
  for (auto& newcomer : newcomers) newcomer.join();
  CHECK(resumed == "");
  CHECK((answer ? "" : answer.error().text()) == "");
  CHECK(refused == 0);
}

TEST_CASE("who died between RESUME and RELOAD left a pool that keeps its clients waiting, which is seen and ended") {
  const bool repointed = GENERATE(true, false);
  const FlippingPool pool;
  if (hold_here(pool.bouncer) != Hold::pool_size) return;
  Fleet fleet({pool.bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = pool.bouncer.connect();
  if (repointed) pause_and_repoint(fleet, pool.next);
  if (!repointed) REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  auto console = pool.bouncer.console();
  REQUIRE(problem(console.set("default_pool_size", "0", soon())) == "");
  REQUIRE(problem(console.resume("app", soon())) == "");
  REQUIRE(client.send("select current_setting('port') as port").has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK_FALSE(client.answered().value());
  const auto seen = fleet.routes(soon()).front();
  CHECK_FALSE(seen.paused);
  CHECK(seen.keeps_clients_waiting());
  CHECK(fleet.without_own_settings(soon()).value() == std::vector<std::string>{"one"});

  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(client.receive(soon()).value().text(0, "port") ==
        std::to_string((repointed ? pool.new_server : pool.old_server).port()));
  CHECK_FALSE(fleet.routes(soon()).front().keeps_clients_waiting());
  CHECK(fleet.without_own_settings(soon()).value().empty());
}

TEST_CASE(
    "a process that a run left paused as a whole when it died is seen as paused, and resumed where its file says") {
  const std::string last_said = GENERATE("PAUSE", "RELOAD", "RESUME app");
  const FlippingPool pool;
  if (hold_here(pool.bouncer) != Hold::process) return;
  INFO(last_said);
  Fleet fleet({pool.bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = pool.bouncer.connect();
  pause_and_repoint(fleet, pool.next);
  auto console = pool.bouncer.console();
  REQUIRE(problem(console.pause_process(soon())) == "");
  if (last_said != "PAUSE") REQUIRE(problem(console.reload(soon())) == "");
  if (last_said == "RESUME app") REQUIRE(problem(console.resume("app", soon())) == "");
  REQUIRE(client.send("select current_setting('port') as port").has_value());

  Fleet later({pool.bouncer.spec()});
  REQUIRE(problem(later.connect(soon())) == "");
  CHECK(later.routes(soon()).front().paused);
  CHECK(later.read_states(soon()).front().database.paused);
  CHECK(later.inspect(soon()).front().process_paused);
  CHECK_FALSE(client.answered().value());
  REQUIRE(problem(resume_all(later, soon())) == "");
  CHECK(client.receive(soon()).value().text(0, "port") == std::to_string(pool.new_server.port()));
  CHECK_FALSE(later.routes(soon()).front().keeps_clients_waiting());
  CHECK_FALSE(console.process_paused(soon()).value());
}

TEST_CASE("a process that serves another database too is not paused as a whole, nor is somebody's pause of it ended") {
  const FlippingPool pool;
  if (hold_here(pool.bouncer) != Hold::process) return;
  auto text = slurp(pool.bouncer.config());
  text.insert(text.find("\n\n[pgbouncer]"),
              fmt::format("\nother = host=127.0.0.1 port={} dbname=postgres user=postgres", pool.old_server.port()));
  spew(pool.bouncer.config(), text);
  auto console = pool.bouncer.console();
  REQUIRE(problem(console.reload(soon())) == "");
  Fleet fleet({pool.bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  pause_and_repoint(fleet, pool.next);
  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(slurp(pool.folder.path() + "/one.log").find("PAUSE command") == std::string::npos);
  CHECK(port_behind(pool.bouncer) == pool.new_server.port());

  REQUIRE(problem(console.pause_process(soon())) == "");
  CHECK(problem(fleet.resume(soon())) == "");
  CHECK(console.process_paused(soon()).value());
  CHECK(fleet.routes(soon()).front().paused);
}
