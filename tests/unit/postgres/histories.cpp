#include <catch2/catch.hpp>

#include "postgres/lineage.h"
#include "server.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using test::main_server;
using test::run;
using test::Server;
using test::soon;

TEST_CASE("a promoted standby has the history that its lineage tells, and its primary has none") {
  const Server standby("histories", main_server());
  auto primary = main_server().connect();
  auto promoted = standby.connect();
  run(promoted, "SELECT pg_promote()");
  const auto none = histories(primary, soon());
  REQUIRE(none);
  CHECK(none->files.empty());
  CHECK(none->timeline == 1);
  const auto found = histories(promoted, soon());
  REQUIRE(found);
  CHECK(found->timeline == 2);
  REQUIRE(found->files.size() == 1);
  CHECK(found->files[0].timeline == 2);
  CHECK(found->files[0].lineage == *lineage(promoted, soon()));
}

TEST_CASE("a standby tells of each history file that lies in pg_wal, also of one that nobody can understand") {
  const Server standby("histories", main_server());
  auto session = standby.connect();
  run(session, "COPY (SELECT 1, '0/100', 'planted') TO '" +
                   run(session, "SHOW data_directory").text(0, "data_directory") + "/pg_wal/0000000A.history'");
  run(session, "COPY (SELECT 1, 'nowhere', 'planted') TO '" +
                   run(session, "SHOW data_directory").text(0, "data_directory") + "/pg_wal/0000000B.history'");
  const auto found = histories(session, soon());
  REQUIRE(found);
  CHECK(found->timeline == 1);
  REQUIRE(found->files.size() == 2);
  CHECK(found->files[0].lineage == std::vector<Timeline>{{1, Lsn{}}, {10, Lsn{0x100}}});
  CHECK(found->files[1].timeline == 11);
  CHECK(found->files[1].lineage.empty());
}
