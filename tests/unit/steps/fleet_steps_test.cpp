// Steps that ask or tell a bouncer, with a real one in front of the source.
#include <catch2/catch.hpp>

#include "fenced_split.h"
#include "pgbouncer/servers.h"
#include "world/run_servers.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::ci_server;
using pgcleave::postgres::test::free_port;
using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::soon;

void set_route(Side& side, int port) {
  auto access = side.access();
  access.route = {"127.0.0.1", port};
  side = Side(side.which(), std::move(access));
}

struct OneBouncer {
  OneBouncer() {
    auto& world = sides.world;
    set_route(world.source, main_server().port());
    set_route(world.target, ci_server().port());
    world.fleet = pgbouncer::Fleet({bouncer.spec()});
    config::Pool pool;
    pool.database = "app";
    pool.probe.values = {{"user", "postgres"}};
    config::BouncerAccess access;
    access.name = "one";
    access.console.values = bouncer.spec().console.values;
    access.config = bouncer.config();
    pool.bouncers = {access};
    world.environment.pools = {pool};
  }
  // What the file says, behind the process's back.
  void write_route(int port) {
    auto text = pgbouncer::slurp(bouncer.config());
    const auto old = fmt::format("port={}", main_server().port());
    pgbouncer::spew(bouncer.config(), text.replace(text.find(old), old.size(), fmt::format("port={}", port)));
  }
  Observation observe(const std::string& uses, const Json& with) {
    const auto seen = sides.observe(uses, with);
    REQUIRE(problem(seen) == "");
    return *seen;
  }

  const pgbouncer::Folder folder;
  pgbouncer::RunningBouncer bouncer{folder, "one", main_server().port()};
  TwoSides sides{main_server(), ci_server()};
};

const Json to_source{{"to", "source"}};
const Json to_target{{"to", "target"}};

}  // namespace

TEST_CASE("a fleet passes when a row was written through each bouncer, and not where none can be written") {
  OneBouncer it;
  SplitDatabase source(main_server());
  source.install();
  REQUIRE(problem(it.sides.apply("pgbouncer.verify", to_source, 5s)) == "");
  CHECK(source.sql("SELECT FROM pgcleave.canary_source_ci WHERE token LIKE '%through one'").size() == 1);
  source.sql("DROP SCHEMA pgcleave CASCADE");
  CHECK(says(problem(it.sides.apply("pgbouncer.verify", to_source, 5s)), "canary_source_ci"));
}

TEST_CASE("clients are not resumed before each bouncer has its own settings again") {
  OneBouncer it;
  auto& fleet = it.sides.world.fleet;
  CHECK(it.observe("pgbouncer.resume", Json::object()).state == State::done);
  REQUIRE(problem(pgbouncer::pause_all(fleet, soon(), nullptr)) == "");
  CHECK(it.observe("pgbouncer.resume", Json::object()).state == State::pending);
  REQUIRE(problem(fleet.resume_at_file(soon())) == "");
  const auto resumed = it.observe("pgbouncer.resume", Json::object());
  CHECK(resumed.state == State::pending);
  CHECK(says(resumed.evidence, "one with settings that the pause SET"));
  REQUIRE(problem(it.sides.apply("pgbouncer.resume", Json::object(), 5s)) == "");
  CHECK(it.observe("pgbouncer.resume", Json::object()).state == State::done);
}

TEST_CASE("a route in the file counts once the process has it, or is paused and takes it when it is resumed") {
  OneBouncer it;
  auto& fleet = it.sides.world.fleet;
  CHECK(it.observe("pgbouncer.repoint", to_target).state == State::pending);
  it.write_route(ci_server().port());
  CHECK(it.observe("pgbouncer.repoint", to_target).state == State::pending);
  REQUIRE(problem(pgbouncer::pause_all(fleet, soon(), nullptr)) == "");
  CHECK(it.observe("pgbouncer.repoint", to_target).state == State::done);
  CHECK(says(problem(it.sides.apply("pgbouncer.verify", to_target, 5s)), "does not point at"));
}

TEST_CASE("a route that a RELOAD did not put in force is not taken for repointed") {
  OneBouncer it;
  const auto& file = it.bouncer.config();
  pgbouncer::spew(file, "[pgbouncer]\npool_mode = nonsense\n\n" + pgbouncer::slurp(file));
  const auto done = it.sides.apply("pgbouncer.repoint", to_target, 2s);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::timed_out);
  CHECK(says(done.error().hint, "look for the reason in this bouncer's log"));
}

TEST_CASE("a route at which nobody answers is found through each bouncer, before it is needed") {
  OneBouncer it;
  const auto tried = it.sides.apply("pgbouncer.try_route", to_target, 5s);
  REQUIRE(problem(tried) == "");
  CHECK(tried->at("tried") == 1);
  set_route(it.sides.world.target, free_port());
  CHECK(says(problem(it.sides.apply("pgbouncer.try_route", to_target, 5s)), "bouncer one"));
}

TEST_CASE("a bouncer that is another process than the run began with gets no command") {
  OneBouncer first;
  const auto servers = note_servers(first.sides.world, soon());
  REQUIRE(problem(servers) == "");
  expect_servers(first.sides.world, *servers);
  CHECK(problem(first.sides.world.fleet.connect(soon())) == "");
  OneBouncer other;
  expect_servers(other.sides.world, *servers);
  const auto connected = other.sides.world.fleet.connect(soon());
  REQUIRE_FALSE(connected);
  CHECK(connected.error().kind == ErrorKind::invalid);
}

TEST_CASE("a route is tried with the side's own database where nobody knows how the bouncers log in") {
  OneBouncer it;
  const Json with{{"to", "source"}, {"within", "1s"}, {"logins", ""}};
  CHECK(it.observe("check.route", with).state == State::done);
  set_route(it.sides.world.source, free_port());
  CHECK(it.observe("check.route", with).state == State::pending);
}

}  // namespace pgcleave::steps::test
