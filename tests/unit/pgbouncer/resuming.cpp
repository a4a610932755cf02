// RESUME with the RELOAD that puts a new route in force.
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "pgbouncer/holding.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
using namespace std::chrono_literals;

TEST_CASE("a client who logs in between RELOAD and RESUME costs no other client an error") {
  const FlippingPool pool;
  make_logins_take_a_second(pool.new_server);
  Fleet fleet({pool.bouncer.spec()});
  auto idle = pool.bouncer.connect();
  pause_and_repoint(fleet, pool.next);
  auto newcomer = std::async(std::launch::async,
                             [&] { return postgres::Connection::open(pool.bouncer.client(), soon()).has_value(); });
  std::this_thread::sleep_for(300ms);
  REQUIRE(resume_all(fleet, soon()).has_value());
  const auto answer = idle.simple("select 1", soon());
  CHECK((answer ? "" : answer.error().text()) == "");
  CHECK(newcomer.get());
}

TEST_CASE("a RELOAD that PgBouncer only pretends to do keeps clients waiting, until the file is fixed") {
  const FlippingPool pool;
  Fleet fleet({pool.bouncer.spec()});
  auto client = pool.bouncer.connect();
  pause_and_repoint(fleet, pool.next);
  const auto good = slurp(pool.bouncer.config());
  auto broken = good;
  spew(pool.bouncer.config(), broken.insert(broken.find("; the pool"), "first = nonsense=1\n"));
  REQUIRE(client.send("select current_setting('port') as port").has_value());
  const auto resumed = fleet.resume_at_file(within_ms(300));
  REQUIRE_FALSE(resumed.has_value());
  CHECK(resumed.error().seen == "127.0.0.1:" + std::to_string(pool.old_server.port()));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK_FALSE(client.answered().value());
  CHECK(fleet.read_states(soon()).front().database.paused);

  spew(pool.bouncer.config(), good);
  REQUIRE(problem(resume_all(fleet, soon())) == "");
  CHECK(client.receive(soon()).value().text(0, "port") == std::to_string(pool.new_server.port()));
}

TEST_CASE(
    "whoever resumes a repointed pool where it is stays there, and whoever comes later follows the route, while nobody "
    "can log in to a server") {
  const std::string line = GENERATE("", "pool_size=3");
  const FlippingPool pool("default_pool_size = 7\n");
  const auto& bouncer = pool.bouncer;
  auto text = slurp(bouncer.config());
  spew(bouncer.config(), text.replace(text.find("dbname=postgres"), 0, line + " "));
  REQUIRE(problem(bouncer.console().reload(soon())) == "");
  {
    Fleet fleet({bouncer.spec()});
    pause_and_repoint(fleet, pool.next);
    REQUIRE(problem(fleet.resume(soon())) == "");
    CHECK(port_behind(bouncer) == pool.old_server.port());
    REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  }
  Fleet later({bouncer.spec()});
  REQUIRE(problem(later.resume_at_file(soon())) == "");
  const auto said = slurp(pool.folder.path() + "/one.log");
  const auto resumed = said.rfind("RESUME 'app' command");
  const auto reloaded = said.rfind("RELOAD command");
  const bool process_paused = said.find("PAUSE command") != std::string::npos;
  const auto hold = hold_of(bouncer.console().version(soon()).value(), !line.empty());
  CHECK((resumed < reloaded) == (hold == Hold::pool_size));
  CHECK(process_paused == (hold == Hold::process));
  if (process_paused) {
    CHECK(said.rfind("PAUSE command") < reloaded);
    CHECK(resumed < said.rfind("RESUME command"));
  }
  CHECK(port_behind(bouncer) == pool.new_server.port());
  CHECK(problem(later.restore_settings(soon())) == "");
  CHECK(setting(bouncer, "default_pool_size") == "7");
  CHECK(problem(later.resume_at_file(soon())) == "");
}

TEST_CASE("a bouncer whose route does not come into force holds up no other one, and is the only one that is blamed") {
  const bool shared = GENERATE(false, true);  // RELOAD together with RESUME, or before it
  const Folder folder;
  const Postgres old_server(folder, "old");
  const Postgres new_server(folder, "new");
  const RunningBouncer faulty(folder, "faulty", old_server.port());
  const RunningBouncer sound(folder, "sound", old_server.port());
  const RunningBouncer third(folder, "third", old_server.port());
  if (shared) {
    spew(faulty.config(), "[databases]\nother = port=1\n" + slurp(faulty.config()));
    REQUIRE(faulty.console().reload(soon()).has_value());
  }
  Fleet fleet({faulty.spec(), sound.spec(), third.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = sound.connect();
  pause_and_repoint(fleet, {"127.0.0.1", new_server.port()});
  spew(faulty.config(), "[databases\n" + slurp(faulty.config()));

  const auto began = Monotonic::now();
  auto resumed = std::async(std::launch::async, [&] { return fleet.resume_at_file(within_ms(4000)); });
  const auto answer = client.simple("select inet_server_port() as port", soon());
  const auto waited = Monotonic::now() - began;
  REQUIRE((answer ? "" : answer.error().text()) == "");
  CHECK(answer->text(0, "port") == std::to_string(new_server.port()));
  CHECK(waited < 2500ms);
  const auto result = resumed.get();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().object == "bouncer faulty");
  CHECK(result.error().text().find("sound") == std::string::npos);
  CHECK(result.error().text().find("third") == std::string::npos);
  CHECK(port_behind(third) == new_server.port());
  CHECK(faulty.console().database("app", soon())->paused);
}
