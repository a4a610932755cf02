#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

TEST_CASE("clients that log in again and again see no error and no stall while the pool is repointed") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer bouncer(folder, "one", old_server.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());

  std::atomic<bool> over{false};
  std::atomic<int> answered{0};
  std::mutex mutex;
  std::set<std::string> errors;
  Duration longest{};
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&, reconnects = i % 2 == 0] {
      std::optional<postgres::Connection> connection;
      while (!over) {
        const auto start = Monotonic::now();
        std::string error;
        if (!connection) {
          auto opened = postgres::Connection::open(bouncer.client(), Deadline::in(std::chrono::seconds(20)));
          if (opened) connection = std::move(*opened);
          if (!opened) error = opened.error().text();
        }
        if (connection) {
          const auto rows = connection->simple("select pg_sleep(0.002)", Deadline::in(std::chrono::seconds(20)));
          if (rows) ++answered;
          if (!rows) error = rows.error().text();
          if (reconnects || !rows) connection.reset();
        }
        const std::lock_guard lock(mutex);
        longest = std::max(longest, std::chrono::duration_cast<Duration>(Monotonic::now() - start));
        if (!error.empty()) errors.insert(error);
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  for (int flip = 0; flip < 6; ++flip) {
    const Route next{"127.0.0.1", flip % 2 == 0 ? new_server.port() : old_server.port()};
    CHECK(fleet.stage_route(next, soon()).has_value());
    const auto paused = pause_all(fleet, soon(), nullptr);
    CHECK((paused ? "" : paused.error().text()) == "");
    const auto repointed = fleet.repoint(next, soon());
    CHECK((repointed ? "" : repointed.error().text()) == "");
    CHECK(resume_all(fleet, soon()).has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  over = true;
  for (auto& client : clients) client.join();
  CHECK(errors == std::set<std::string>{});
  CHECK(answered > 100);
  CHECK(longest < std::chrono::seconds(2));
}
