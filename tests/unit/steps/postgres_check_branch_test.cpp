// Prepared transactions that a promotion copied are told to whoever waits for their end.
#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::Server;

}  // namespace

TEST_CASE("a prepared transaction that the promotion copied is told once, and waited for until it is ended") {
  auto session = main_server().connect();
  run(session, "BEGIN; SELECT pg_logical_emit_message(true, '', ''); PREPARE TRANSACTION 'copied'");
  const Server promoted("ci", main_server());
  auto there = promoted.connect();
  run(there, "SELECT pg_promote()");
  run(session, "ROLLBACK PREPARED 'copied'");
  TwoSides sides(main_server(), promoted);
  std::vector<std::string> told;
  sides.world.progress = world::Progress([&](const std::string& text) { told.push_back(text); });
  const Json with{{"on", "target"}, {"lsn", "0/1"}};
  const auto waited = sides.apply("postgres.check_branch", with, 900ms);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == ErrorKind::not_ready);
  REQUIRE(told.size() == 1);
  CHECK(says(told[0], "ROLLBACK PREPARED 'copied'"));
  run(there, "ROLLBACK PREPARED 'copied'");
  CHECK(problem(sides.apply("postgres.check_branch", with, 5s)) == "");
}

}  // namespace pgcleave::steps::test
