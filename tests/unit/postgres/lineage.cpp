#include "postgres/lineage.h"

#include <catch2/catch.hpp>

#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::Server;
using test::soon;

TEST_CASE("a promoted standby has one timeline that its primary has not, and shares the first ones") {
  const Server standby("lineage", main_server());
  auto primary = main_server().connect();
  auto promoted = standby.connect();
  run(promoted, "SELECT pg_promote()");
  const auto before = lineage(primary, soon());
  const auto after = lineage(promoted, soon());
  REQUIRE(before);
  REQUIRE(after);
  REQUIRE(after->size() == before->size() + 1);
  CHECK(after->back().id == before->back().id + 1);
  CHECK(after->back().from > Lsn{});
  CHECK(promotions_since_fork(*after, *before) == 1);
  CHECK(promotions_since_fork(*before, *before) == 0);
}

TEST_CASE("timelines of the same number that began elsewhere are not the same") {
  const std::vector<Timeline> primary{{1, Lsn{}}, {2, Lsn{500}}};
  CHECK(promotions_since_fork({{1, Lsn{}}, {2, Lsn{300}}}, primary) == 1);
  CHECK(promotions_since_fork({{1, Lsn{}}, {2, Lsn{300}}, {3, Lsn{400}}}, primary) == 2);
}
