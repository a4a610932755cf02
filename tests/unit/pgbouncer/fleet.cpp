#include "pgbouncer/fleet.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

TEST_CASE("pools without load are paused at once, hold their clients, and are resumed with their own settings") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer one(folder, "one", postgres.port(), "server_login_retry = 4\nmin_pool_size = 1\n");
  const RunningBouncer two(folder, "two", postgres.port());
  Fleet fleet({one.spec(), two.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = one.connect();
  REQUIRE(client.simple("select 1", soon()).has_value());

  const auto paused = pause_all(fleet, soon(), nullptr);
  REQUIRE((paused ? "" : paused.error().text()) == "");
  REQUIRE(paused->took.size() == 2);
  CHECK(paused->took[1].first == "two");
  CHECK(paused->took[0].second < std::chrono::milliseconds(500));
  for (const auto& state : fleet.read_states(soon())) {
    CHECK(state.reachable);
    CHECK(state.database.paused);
    CHECK(state.server_login_retry == "0");
    CHECK(state.min_pool_size == "0");
    CHECK(state.pool_mode == "transaction");
    CHECK(state.version.find("PgBouncer") != std::string::npos);
  }
  CHECK(fleet.without_own_settings(soon()).value() == std::vector<std::string>{"one", "two"});
  REQUIRE(client.send("select 2 as two").has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK_FALSE(client.answered().value());
  CHECK(one.console().waiting_clients("app", soon()).value() == 1);

  SECTION("paused again, nothing changes") {
    CHECK(pause_all(fleet, soon(), nullptr).has_value());
    CHECK(fleet.read_states(soon())[0].database.paused);
  }
  SECTION("paused by another process of ours, the settings come back all the same") {
    Fleet guard({one.spec(), two.spec()});
    REQUIRE(problem(resume_all(guard, soon())) == "");
    CHECK(setting(one, "server_login_retry") == "4");
    CHECK(setting(two, "server_login_retry") == "15");
  }
  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(client.receive(soon()).value().text(0, "two") == "2");
  CHECK(setting(one, "server_login_retry") == "4");
  CHECK(setting(one, "min_pool_size") == "1");
  CHECK(setting(two, "server_login_retry") == "15");
  CHECK(setting(two, "min_pool_size") == "0");
  CHECK(fleet.without_own_settings(soon()).value().empty());
  CHECK(problem(resume_all(fleet, soon())) == "");
}

TEST_CASE("a transaction that is held makes the pause time out, is named, and survives the resume") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer idle(folder, "idle", postgres.port());
  const RunningBouncer busy(folder, "busy", postgres.port());
  Fleet fleet({idle.spec(), busy.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = busy.connect();
  REQUIRE(client.simple("begin", soon()).has_value());
  const auto pid = client.simple("select pg_backend_pid() as pid", soon()).value().text(0, "pid");

  const auto paused = pause_all(fleet, within_ms(200), nullptr);
  REQUIRE_FALSE(paused.has_value());
  CHECK(paused.error().kind == ErrorKind::timed_out);
  CHECK(paused.error().object == "bouncer busy");
  CHECK(paused.error().seen.find("server pid " + pid + " of postgres from 127.0.0.1:") == 0);
  CHECK(paused.error().seen.find("(shop)") != std::string::npos);
  CHECK(fleet.read_states(soon())[1].database.paused);  // giving up is not undoing

  StopFlag stop;
  stop.request();
  const auto stopped = pause_all(fleet, soon(), &stop);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().kind == ErrorKind::interrupted);

  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(client.simple("commit", soon()).has_value());
  CHECK(client.simple("select 1", soon()).has_value());
  CHECK(pause_all(fleet, soon(), nullptr).has_value());
  CHECK(problem(resume_all(fleet, soon())) == "");
}

TEST_CASE("a RESUME by somebody else ends the waiting for PAUSE") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = bouncer.connect();
  REQUIRE(client.simple("begin", soon()).has_value());
  auto console = bouncer.console();
  std::thread somebody([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    (void)console.resume("app", soon());
  });
  const auto paused = pause_all(fleet, soon(), nullptr);
  somebody.join();
  REQUIRE_FALSE(paused.has_value());
  CHECK(paused.error().kind == ErrorKind::conflict);
}

TEST_CASE("repointed while paused, the pool comes back on the other server") {
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer one(folder, "one", old_server.port(), "server_login_retry = 4\n");
  const RunningBouncer two(folder, "two", old_server.port());
  const auto before = slurp(one.config());
  REQUIRE(::chmod(one.config().c_str(), 0640) == 0);
  struct stat owner{};
  REQUIRE(::stat(one.config().c_str(), &owner) == 0);
  auto specs = std::vector{one.spec(), two.spec()};
  // Another shell on this machine stands for another machine.
  const bool through_shell = GENERATE(false, true);
  if (through_shell) specs[0].shell = {"env"};
  Fleet fleet(specs);
  const Route next{"127.0.0.1", new_server.port()};
  REQUIRE(problem(fleet.connect(soon())) == "");
  REQUIRE(port_behind(one) == old_server.port());

  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  CHECK(slurp(one.config()) == before);
  REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  const auto start = Monotonic::now();
  REQUIRE(problem(fleet.repoint(next, soon())) == "");
  CHECK(Monotonic::now() - start < std::chrono::seconds(1));  // 1 ms where nothing else runs, 15 ms through a shell
  for (const auto& routes : fleet.routes(soon())) {
    CHECK(routes.error.empty());
    CHECK(routes.file == next);
    CHECK(routes.running == Route{"127.0.0.1", old_server.port()});
    CHECK(routes.paused);
  }
  CHECK(setting(one, "server_login_retry") == "0");
  CHECK_FALSE(std::filesystem::exists(one.config() + ".pgcleave"));
  CHECK(problem(fleet.repoint(next, soon())) == "");
  REQUIRE(problem(resume_all(fleet, soon())) == "");
  for (const auto& routes : fleet.routes(soon())) {
    CHECK(routes.running == next);
    CHECK_FALSE(routes.keeps_clients_waiting());
  }
  CHECK(port_behind(one) == new_server.port());
  CHECK(port_behind(two) == new_server.port());
  CHECK(setting(one, "server_login_retry") == "4");
  struct stat now{};
  REQUIRE(::stat(one.config().c_str(), &now) == 0);
  CHECK(now.st_mode == owner.st_mode);
  CHECK(now.st_uid == owner.st_uid);

  const Route back{"127.0.0.1", old_server.port()};
  REQUIRE(problem(fleet.stage_route(back, soon())) == "");
  REQUIRE(problem(fleet.repoint(back, soon())) == "");
  CHECK(slurp(one.config()) == before);
}

TEST_CASE("a config file that was changed after staging is not overwritten, on no bouncer") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer one(folder, "one", postgres.port());
  const RunningBouncer two(folder, "two", postgres.port());
  Fleet fleet({one.spec(), two.spec()});
  const Route next{"127.0.0.1", postgres.port() + 1};
  CHECK(fleet.repoint(next, soon()).error().kind == ErrorKind::not_ready);
  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  const auto first = slurp(one.config());
  const auto edited = slurp(two.config()) + "# a person was here\n";
  spew(two.config(), edited);

  const auto repointed = fleet.repoint(next, soon());
  REQUIRE_FALSE(repointed.has_value());
  CHECK(repointed.error().kind == ErrorKind::conflict);
  CHECK(repointed.error().text().find(two.config()) != std::string::npos);
  CHECK(slurp(one.config()) == first);
  CHECK(slurp(two.config()) == edited);

  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  CHECK(problem(fleet.repoint(next, soon())) == "");
  REQUIRE(problem(fleet.stage_route({"127.0.0.1", 1}, soon())) == "");
  CHECK(problem(fleet.discard_staged(soon())) == "");
  CHECK_FALSE(std::filesystem::exists(two.config() + ".pgcleave"));
}

TEST_CASE("a RELOAD that PgBouncer only pretends to do is found out") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  spew(bouncer.config(), slurp(bouncer.config()) + "\n[databases]\nbroken = nonsense=1\n");
  Fleet fleet({bouncer.spec()});
  const Route next{"127.0.0.1", postgres.port() + 1};
  // The entry before the broken one is taken, the settings' defaults too: so break the file before the pool.
  auto text = slurp(bouncer.config());
  text.insert(text.find("; the pool"), "first = nonsense=1\n");
  spew(bouncer.config(), text);
  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  const auto repointed = fleet.repoint(next, within_ms(150));
  REQUIRE_FALSE(repointed.has_value());
  CHECK(repointed.error().kind == ErrorKind::timed_out);
  CHECK(repointed.error().seen == "127.0.0.1:" + std::to_string(postgres.port()));
}

TEST_CASE("a bouncer that restarts while paused comes back unpaused, and a look says so") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  RunningBouncer bouncer(folder, "one", postgres.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  REQUIRE(fleet.read_states(soon())[0].database.paused);
  bouncer.stop();
  const auto gone = fleet.read_states(soon())[0];
  CHECK_FALSE(gone.reachable);
  CHECK_FALSE(gone.error.empty());
  bouncer.restart();
  const auto back = fleet.read_states(soon())[0];
  CHECK(back.reachable);
  CHECK_FALSE(back.database.paused);
  CHECK(back.server_login_retry.substr(0, 2) == "15");
}

TEST_CASE("a bouncer that can't be reached keeps the others from being paused") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer one(folder, "one", postgres.port());
  RunningBouncer two(folder, "two", postgres.port());
  Fleet fleet({one.spec(), two.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  two.stop();
  const auto paused = pause_all(fleet, soon(), nullptr);
  REQUIRE_FALSE(paused.has_value());
  CHECK(paused.error().object == "bouncer two");
  CHECK_FALSE(fleet.read_states(soon())[0].database.paused);
  const auto resumed = resume_all(fleet, soon());
  REQUIRE_FALSE(resumed.has_value());
  CHECK(resumed.error().object == "bouncer two");
}

TEST_CASE("one process under two names is refused") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  auto twin = bouncer.spec();
  twin.name = "twin";
  twin.console.values["host"] = "localhost";
  Fleet fleet({bouncer.spec(), twin});
  const auto connected = fleet.connect(soon());
  REQUIRE_FALSE(connected.has_value());
  CHECK(connected.error().kind == ErrorKind::invalid);
  CHECK(connected.error().text().find("same process as bouncer") != std::string::npos);
}

TEST_CASE("another config file than the process's own is noticed before the window, a link to it is fine") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  const Route next{"127.0.0.1", postgres.port() + 1};
  auto spec = bouncer.spec();
  spec.config = folder.path() + "/copy.ini";
  spew(spec.config, slurp(bouncer.config()));
  CHECK(Fleet({spec}).stage_route(next, soon()).error().kind == ErrorKind::not_ready);

  spec.config = folder.path() + "/link.ini";
  std::filesystem::create_symlink(bouncer.config(), spec.config);
  Fleet fleet({spec});
  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  REQUIRE(problem(fleet.repoint(next, soon())) == "");
  CHECK(std::filesystem::is_symlink(spec.config));
  CHECK(fleet.routes(soon())[0].file == next);
}
