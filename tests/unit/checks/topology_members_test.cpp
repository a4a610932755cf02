#include <catch2/catch.hpp>

#include "checks/topology/clusters.h"
#include "checks/topology/members.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

world::MemberSeen member_that_follows(const std::string& name, bool leads) {
  world::MemberSeen seen;
  seen.name = name;
  seen.leads = leads;
  seen.streams = true;
  seen.timeline = seen.leaders_timeline = 1;
  seen.told = "running, timeline 1";
  return seen;
}

ClusterSeen with_members(ClusterSeen cluster) {
  cluster.members = {member_that_follows(cluster.scope + "-1", true), member_that_follows(cluster.scope + "-2", false)};
  return cluster;
}

}  // namespace

TEST_CASE("of members that follow there is nothing to say") {
  for (const auto stage : {Stage::standby, Stage::promoted, Stage::split}) {
    CHECK(judge_members(with_members(a_source()), stage).empty());
    CHECK(judge_members(with_members(a_target()), stage).empty());
  }
}

TEST_CASE("a stale history blocks on the member that would be promoted, and is told of every other one") {
  auto cluster = with_members(a_target());
  cluster.members[1].stale = {"00000002.history"};
  auto found = judge_members(cluster, Stage::standby);
  REQUIRE(lines(found) == Lines{"warning topology.stale_history member ci-2 of target ci"});
  CHECK(found[0].evidence == "has 00000002.history in pg_wal, which is not in the history of its leader's timeline 1");
  CHECK(found[0].fix == "patronictl reinit ci ci-2");
  cluster.members[0].stale = {"00000002.history"};
  found = judge_members(cluster, Stage::standby);
  REQUIRE(lines(found) == Lines{"blocker topology.stale_history member ci-1 of target ci",
                                "warning topology.stale_history member ci-2 of target ci"});
  CHECK(found[0].fix == "let another member lead: patronictl switchover ci; then: patronictl reinit ci ci-1");
  CHECK(lines(judge_members(cluster, Stage::split))[0] == "warning topology.stale_history member ci-1 of target ci");
  cluster = with_members(a_source());
  cluster.members[0].stale = {"00000002.history"};
  CHECK(lines(judge_members(cluster, Stage::standby)) ==
        Lines{"warning topology.stale_history member main-1 of source main"});
}

TEST_CASE(
    "a member that recovers and takes no connections is stuck, whatever Patroni shows, and is no replica that could "
    "take over") {
  auto cluster = with_members(a_target());
  cluster.members[1].starting = true;
  cluster.members[1].unasked = "FATAL: the database system is not yet accepting connections";
  auto found = judge_members(cluster, Stage::standby);
  REQUIRE(lines(found) == Lines{"warning topology.member_stuck member ci-2 of target ci"});
  CHECK(found[0].evidence.find("Patroni says: running, timeline 1") != std::string::npos);
  CHECK(lines(judge_cluster(cluster, "main", Stage::standby, 1010)) == Lines{"warning topology.no_replica target ci"});
  cluster.members[1].starting = false;  // who can't be asked for another reason may well follow
  CHECK(judge_members(cluster, Stage::standby).empty());
  CHECK(judge_cluster(cluster, "main", Stage::standby, 1010).empty());
}

TEST_CASE("members that could not be asked are told, but where the user may not ask") {
  auto cluster = a_target();
  cluster.members_unseen = "no answer came";
  CHECK(lines(judge_members(cluster, Stage::standby)) == Lines{"warning topology.members_not_asked target ci"});
  cluster.identity.superuser = false;
  CHECK(judge_members(cluster, Stage::standby).empty());
}

TEST_CASE("a member on another timeline, or without a stream, is stuck until it follows") {
  auto cluster = with_members(a_target());
  cluster.members[1].timeline = 2;
  CHECK(lines(judge_members(cluster, Stage::standby)) ==
        Lines{"warning topology.member_stuck member ci-2 of target ci"});
  cluster = with_members(a_target());
  cluster.members[1].streams = false;
  CHECK(lines(judge_members(cluster, Stage::split)) == Lines{"warning topology.member_stuck member ci-2 of target ci"});
}
