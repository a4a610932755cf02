#include "world/run_servers.h"

#include "base/fields.h"
#include "steps/two_sides.h"

namespace pgcleave::world {
using namespace pgcleave::steps;
namespace {

using postgres::test::ci_server;
using postgres::test::main_server;
using test::TwoSides;

const auto in_time = [] { return Deadline::in(std::chrono::seconds(5)); };

Json servers_of(World& world) {
  const auto servers = note_servers(world, in_time());
  if (!servers) FAIL(servers.error().text());
  return *servers;
}

}  // namespace

TEST_CASE("what a run began with is told by system, database and its OID, and is found again by a later connection") {
  TwoSides first(main_server(), ci_server());
  const auto servers = servers_of(first.world);
  CHECK(text_in(servers.at("source"), "database") == "postgres");
  CHECK_FALSE(text_in(servers.at("source"), "database_oid").empty());
  CHECK(text_in(servers.at("source"), "system_identifier") != text_in(servers.at("target"), "system_identifier"));
  TwoSides later(main_server(), ci_server());
  expect_servers(later.world, servers);
  CHECK(compare_servers(later.world, in_time()));
  CHECK(later.world.source.leader(in_time()));
}

TEST_CASE(
    "another database of the same server, a copy of another age and another system are invalid, with both told, on "
    "each connection") {
  TwoSides first(main_server(), ci_server());
  const auto seen = servers_of(first.world);
  for (const auto* side : {"source", "target"}) {
    for (const auto* key : {"system_identifier", "database", "database_oid"}) {
      auto servers = seen;
      servers[side][key] = "1";
      TwoSides later(main_server(), ci_server());
      expect_servers(later.world, servers);
      INFO(side << " " << key);
      const auto compared = compare_servers(later.world, in_time());
      REQUIRE_FALSE(compared);
      CHECK(compared.error().kind == ErrorKind::invalid);
      CHECK(compared.error().what.find("is not the one that the run began with") != std::string::npos);
      CHECK(compared.error().expected.find(key == std::string("database") ? "database 1," : " 1") != std::string::npos);
      CHECK(compared.error().seen.find("database postgres, OID ") == 0);
      const auto leader = later.world.side(*config::side_named(side)).leader(in_time());
      REQUIRE_FALSE(leader);
      CHECK(leader.error().kind == ErrorKind::invalid);
    }
  }
}

TEST_CASE("what a run of an older version did not keep is not compared") {
  TwoSides later(main_server(), ci_server());
  expect_servers(later.world, Json::object());
  CHECK(compare_servers(later.world, in_time()));
}

TEST_CASE("a side that does not answer is compared when it does") {
  TwoSides first(main_server(), ci_server());
  auto servers = servers_of(first.world);
  servers["target"]["database_oid"] = "1";
  TwoSides later(main_server().port(), 1);
  expect_servers(later.world, servers);
  CHECK(compare_servers(later.world, in_time()));
  CHECK_FALSE(servers_of(later.world).contains("target"));
}

}  // namespace pgcleave::world
