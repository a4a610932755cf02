#include "world/cluster_members.h"

#include "steps/target_of_two.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::run;
using pgcleave::postgres::test::Server;

bool has_words(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

MemberSeen a_member() {
  MemberSeen seen;
  seen.name = "ci-2";
  seen.streams = true;
  seen.timeline = seen.leaders_timeline = 1;
  seen.told = "running, timeline 1";
  return seen;
}

}  // namespace

TEST_CASE("members that stream on the leader's timeline have no problem, and the leader is told first") {
  const Server second("ci", main_server());
  TargetOfTwo it(second.port());
  const auto seen = it.inspect();
  REQUIRE(seen);
  REQUIRE(seen->size() == 2);
  CHECK(seen->at(0).name == "ci-1");
  CHECK(seen->at(0).leads);
  for (const auto& member : *seen) {
    INFO(member.problem());
    CHECK(member.streams);
    CHECK(member.timeline == 1);
    CHECK(member.problem().empty());
  }
}

TEST_CASE("a member that streams and has the history of an abandoned timeline is told with the file") {
  const Server second("ci", main_server());
  TargetOfTwo it(second.port());
  TargetOfTwo::plant(second, "00000002.history");
  const auto seen = it.inspect();
  REQUIRE(seen);
  CHECK(seen->at(0).problem().empty());
  CHECK(seen->at(1).problem() ==
        "has 00000002.history in pg_wal, which is not in the history of its leader's timeline 1");
  TargetOfTwo::plant(it.first, "00000003.history");
  CHECK(has_words(it.inspect()->at(0).problem(), "has 00000003.history in pg_wal"));
}

TEST_CASE("a member that was promoted beside its leader, or can't be asked, is never taken for one that follows") {
  const Server second("ci", main_server());
  auto session = second.connect();
  run(session, "SELECT pg_promote()");
  TargetOfTwo it(second.port());
  CHECK(has_words(it.inspect()->at(1).problem(), "00000002.history"));
  it.second_moves_to(postgres::test::free_port());
  const auto away = it.inspect();
  REQUIRE(away);
  CHECK_FALSE(away->at(1).starting);
  CHECK(has_words(away->at(1).problem(), "can't be asked ("));
  CHECK(has_words(away->at(1).problem(), "Patroni says: running, timeline 1"));
}

TEST_CASE("a member that takes no connections is told with its own words and what Patroni says of it") {
  auto seen = a_member();
  CHECK(seen.problem().empty());
  seen.unasked = "FATAL: the database system is not yet accepting connections";
  seen.starting = true;
  CHECK(seen.problem() ==
        "takes no connections (FATAL: the database system is not yet accepting connections); Patroni says: running, "
        "timeline 1");
}

TEST_CASE("another timeline, no stream, and writes beside the leader keep a member from following") {
  auto seen = a_member();
  seen.timeline = 2;
  CHECK(has_words(seen.problem(), "is on timeline 2, its leader on 1"));
  seen = a_member();
  seen.streams = false;
  CHECK(has_words(seen.problem(), "does not stream from its leader"));
  seen.writable = true;
  CHECK(has_words(seen.problem(), "is writable, and does not lead"));
  seen.leads = true;
  CHECK(seen.problem().empty());
}

}  // namespace pgcleave::steps::test
