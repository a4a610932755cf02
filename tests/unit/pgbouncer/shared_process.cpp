// SET acts on a whole PgBouncer process (1.18 to 1.26). Clients of another database in it must not notice that ours is
// paused and repointed, also when the program dies right after a SET.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "pgbouncer/inspection.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

namespace {

void add_database(const RunningBouncer& bouncer, const std::string& line) {
  auto text = slurp(bouncer.config());
  text.insert(text.find("\n\n[pgbouncer]"), "\n" + line);
  spew(bouncer.config(), text);
  REQUIRE(bouncer.console().reload(soon()).has_value());
}

std::string other_database(const Postgres& postgres) {
  return fmt::format("other = host=127.0.0.1 port={} dbname=postgres user=postgres", postgres.port());
}

postgres::Settings client_of_other(const RunningBouncer& bouncer) {
  auto settings = bouncer.client();
  settings.values["dbname"] = "other";
  return settings;
}

// Several at once, so that each needs a server connection of its own.
std::string served_at_once(const RunningBouncer& bouncer, int clients) {
  std::vector<postgres::Connection> open;
  for (int i = 0; i < clients; ++i) {
    auto client = postgres::Connection::open(client_of_other(bouncer), soon());
    if (!client) return client.error().text();
    const auto began = client->simple("begin; select 1", within_ms(1500));
    if (!began) return fmt::format("client {}: {}", i + 1, began.error().text());
    open.push_back(std::move(*client));
  }
  return "";
}

}  // namespace

TEST_CASE(
    "clients of another database in the same process are served when the program dies right after it holds back "
    "logins") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  add_database(bouncer, other_database(postgres));
  {
    Fleet fleet({bouncer.spec()});
    REQUIRE(fleet.connect(soon()).has_value());
    REQUIRE(fleet.hold_back_logins(soon()).has_value());
  }
  CHECK(setting(bouncer, "server_login_retry") == "0");
  CHECK(served_at_once(bouncer, 4) == "");
}

TEST_CASE("clients of another database in the same process neither wait nor fail while ours is paused and repointed") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer bouncer(folder, "one", old_server.port());
  add_database(bouncer, other_database(old_server));
  Fleet fleet({bouncer.spec()});
  REQUIRE(fleet.connect(soon()).has_value());

  std::atomic<bool> over{false};
  std::atomic<int> rounds{0};
  std::string problem_of_other;
  Duration longest{};
  std::thread other([&] {
    auto console = bouncer.console();
    while (!over) {
      const auto began = Monotonic::now();
      const auto problem = served_at_once(bouncer, 3);
      longest = std::max(longest, std::chrono::duration_cast<Duration>(Monotonic::now() - began));
      if (!problem.empty()) problem_of_other = problem;
      const auto pool_size = console.setting("default_pool_size", soon()).value_or("");
      if (pool_size != "10") problem_of_other = "default_pool_size is " + pool_size;
      ++rounds;
    }
  });
  for (int flip = 0; flip < 4; ++flip) {
    const Route next{"127.0.0.1", flip % 2 == 0 ? new_server.port() : old_server.port()};
    CHECK(problem(fleet.stage_route(next, soon())).empty());
    CHECK(pause_all(fleet, soon(), nullptr).has_value());
    std::this_thread::sleep_for(100ms);
    CHECK(problem(fleet.repoint(next, soon())).empty());
    CHECK(problem(resume_all(fleet, soon())).empty());
    CHECK(port_behind(bouncer) == next.port);
  }
  over = true;
  other.join();
  CHECK(problem_of_other == "");
  CHECK(rounds > 4);
  CHECK(longest < 1s);
  CHECK(fleet.without_own_settings(soon()).value().empty());
}

TEST_CASE("a database that only the file names, or the fallback entry, counts as another one") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer alone(folder, "alone", postgres.port());
  const RunningBouncer fallback(folder, "fallback", postgres.port());
  add_database(fallback, fmt::format("* = host=127.0.0.1 port={}", postgres.port()));
  const RunningBouncer shared(folder, "shared", postgres.port());
  add_database(shared, other_database(postgres));
  Fleet fleet({alone.spec(), fallback.spec(), shared.spec()});
  REQUIRE(fleet.connect(soon()).has_value());
  std::vector<std::string> others;
  for (const auto& bouncer : fleet.inspect(soon()))
    others.push_back(fmt::format("{}", fmt::join(bouncer.other_databases, ",")));
  CHECK(others == std::vector<std::string>{"", "*", "other"});
}
