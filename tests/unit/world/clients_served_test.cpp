#include <catch2/catch.hpp>

#include "postgres/server.h"
#include "steps/two_sides.h"
#include "world/serving.h"

namespace pgcleave::world {
namespace {

using postgres::test::main_server;

// A server in the place of a bouncer, which a client asks in the same words.
config::Pool pool_at(const std::string& bouncer, int port) {
  const auto settings = main_server().settings();
  config::Pool pool;
  pool.database = settings.values.at("dbname");
  pool.probe.values = settings.values;
  pool.probe.password = settings.password;
  pool.bouncers.push_back({bouncer, {{{"host", "127.0.0.1"}, {"port", std::to_string(port)}}, {}}, "", {}});
  return pool;
}

}  // namespace

TEST_CASE("each bouncer that is not paused is asked as a client: which cluster answered, or why nobody did") {
  steps::test::TwoSides sides(main_server().port(), 1);
  auto& world = sides.world;
  world.environment.pools = {pool_at("b1", main_server().port()), pool_at("b2", 1),
                             pool_at("paused", main_server().port())};
  const auto asked = ask_as_client(world, {"paused"}, Deadline::in(std::chrono::seconds(5)));
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].bouncer == "b1");
  CHECK(asked[0].cluster == "main");
  CHECK(asked[0].problem == "");
  CHECK(asked[1].bouncer == "b2");
  CHECK(asked[1].cluster == "");
  CHECK(asked[1].problem.find("refused") != std::string::npos);
}

}  // namespace pgcleave::world
