// Two databases of the fleet in one PgBouncer process: paused, repointed and resumed as one (1.18).
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "pgbouncer/inspection.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

namespace {

void give_second_pool(const RunningBouncer& bouncer, int port) {
  auto text = slurp(bouncer.config());
  text.insert(text.find("\n\n[pgbouncer]"),
              fmt::format("\napp_ro = host=127.0.0.1 port={} dbname=postgres user=postgres", port));
  spew(bouncer.config(), text);
  REQUIRE(bouncer.console().reload(soon()).has_value());
}

std::vector<BouncerSpec> both_pools(const RunningBouncer& bouncer) {
  auto second = bouncer.spec();
  second.name += "-ro";
  second.database = "app_ro";
  return {bouncer.spec(), second};
}

std::string port_of(const RunningBouncer& bouncer, const std::string& database) {
  auto settings = bouncer.client();
  settings.values["dbname"] = database;
  auto client = postgres::Connection::open(settings, soon());
  if (!client) return client.error().text();
  const auto rows = client->simple("select inet_server_port() as port", soon());
  return rows ? rows->text(0, "port") : rows.error().text();
}

std::vector<std::string> ports_of(const RunningBouncer& bouncer) {
  return {port_of(bouncer, "app"), port_of(bouncer, "app_ro")};
}

std::vector<std::string> both_at(const Postgres& server) {
  return {std::to_string(server.port()), std::to_string(server.port())};
}

int reloads(const Folder& folder) {
  const auto log = slurp(folder.path() + "/one.log");
  int count = 0;
  for (auto at = log.find("RELOAD command issued"); at != std::string::npos;
       at = log.find("RELOAD command issued", at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE(
    "two pools of one process are paused, repointed and resumed as one: one rename, one RELOAD, and no client errs") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer bouncer(folder, "one", old_server.port());
  give_second_pool(bouncer, old_server.port());
  Fleet fleet(both_pools(bouncer));
  REQUIRE(problem(fleet.connect(soon())) == "");
  for (const auto& seen : fleet.inspect(soon())) CHECK(seen.other_databases.empty());
  REQUIRE(problem(fleet.try_files(soon())) == "");

  std::atomic<bool> over{false};
  std::atomic<int> rounds{0};
  std::vector<std::string> problems(4);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    clients.emplace_back([&, i] {
      while (!over) {
        const auto port = port_of(bouncer, i % 2 == 0 ? "app" : "app_ro");
        if (port.size() > 5) problems[i] = port;
        ++rounds;
      }
    });
  }
  for (int flip = 0; flip < 6; ++flip) {
    const auto& next = flip % 2 == 0 ? new_server : old_server;
    const Route route{"127.0.0.1", next.port()};
    CHECK(problem(fleet.stage_route(route, soon())).empty());
    const int before = reloads(folder);
    CHECK(pause_all(fleet, soon(), nullptr).has_value());
    for (const auto& state : fleet.read_states(soon())) CHECK(state.database.paused);
    CHECK(problem(fleet.repoint(route, soon())).empty());
    CHECK_FALSE(std::filesystem::exists(bouncer.config() + ".pgcleave"));
    for (const auto& seen : fleet.routes(soon())) CHECK(seen.file == route);
    CHECK(problem(resume_all(fleet, soon())).empty());
    CHECK(reloads(folder) == before + 1);
    CHECK(ports_of(bouncer) == both_at(next));
  }
  over = true;
  for (auto& client : clients) client.join();
  CHECK(problems == std::vector<std::string>(4));
  CHECK(rounds > 20);
  CHECK(fleet.without_own_settings(soon()).value().empty());
  CHECK(setting(bouncer, "default_pool_size") == "10");
  CHECK(setting(bouncer, "max_db_connections") == "0");
}

TEST_CASE(
    "a program that dies between the rename and RESUME leaves two pools of one process that the next one brings to one "
    "route") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer bouncer(folder, "one", old_server.port());
  give_second_pool(bouncer, old_server.port());
  const Route route{"127.0.0.1", new_server.port()};
  {
    Fleet fleet(both_pools(bouncer));
    REQUIRE(problem(fleet.connect(soon())) == "");
    REQUIRE(problem(fleet.stage_route(route, soon())) == "");
    REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
    REQUIRE(problem(fleet.repoint(route, soon())) == "");
  }
  SECTION("both are paused still") {}
  SECTION("one was resumed at the old route") {
    REQUIRE(bouncer.console().resume("app_ro", soon()).has_value());
  }
  Fleet next(both_pools(bouncer));
  REQUIRE(problem(next.connect(soon())) == "");
  CHECK(problem(resume_all(next, soon())) == "");
  CHECK(ports_of(bouncer) == both_at(new_server));
  CHECK(next.without_own_settings(soon()).value().empty());
}

TEST_CASE("a third database in a process of two pools is another one, whose clients are spared") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer bouncer(folder, "one", old_server.port());
  give_second_pool(bouncer, old_server.port());
  auto text = slurp(bouncer.config());
  text.insert(text.find("\n\n[pgbouncer]"),
              fmt::format("\nthird = host=127.0.0.1 port={} dbname=postgres user=postgres", old_server.port()));
  spew(bouncer.config(), text);
  REQUIRE(bouncer.console().reload(soon()).has_value());
  Fleet fleet(both_pools(bouncer));
  REQUIRE(problem(fleet.connect(soon())) == "");
  for (const auto& seen : fleet.inspect(soon())) CHECK(seen.other_databases == std::vector<std::string>{"third"});
  const Route route{"127.0.0.1", new_server.port()};
  REQUIRE(problem(fleet.stage_route(route, soon())) == "");
  REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  CHECK(port_of(bouncer, "third") == std::to_string(old_server.port()));
  REQUIRE(problem(fleet.repoint(route, soon())) == "");
  CHECK(problem(resume_all(fleet, soon())) == "");
  CHECK(ports_of(bouncer) == both_at(new_server));
  CHECK(port_of(bouncer, "third") == std::to_string(old_server.port()));
}
