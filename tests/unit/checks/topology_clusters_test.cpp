#include <algorithm>
#include <catch2/catch.hpp>

#include "checks/topology/clusters.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

Lines judged(const ClusterSeen& cluster, Stage stage = Stage::standby, std::int64_t now_s = 1010) {
  const auto found = judge_cluster(cluster, cluster.scope == "ci" ? "main" : "ci", stage, now_s);
  for (const auto& finding : found) {
    CHECK_FALSE(finding.evidence.empty());
    CHECK_FALSE(finding.why.empty());
    CHECK_FALSE(finding.fix.empty());
  }
  return lines(found);
}

}  // namespace

TEST_CASE("of two clusters with nothing wrong there is nothing to say, at any stage") {
  for (const auto stage : {Stage::standby, Stage::promoted, Stage::split}) {
    CHECK(judged(a_source(), stage).empty());
    CHECK(judged(a_target(), stage).empty());
  }
}

TEST_CASE("a cluster of which no member answers is one finding, not one for each member") {
  auto cluster = a_target();
  for (auto& address : cluster.patroni.addresses) address.error = "refused";
  cluster.patroni.error = cluster.unseen = "refused";
  CHECK(judged(cluster) == Lines{"blocker topology.cluster_unreachable target ci"});
  cluster.patroni.error = cluster.unseen = "";
  cluster.patroni.addresses[0].error = "";
  CHECK(judged(cluster) == Lines{"warning topology.member_unreachable http://ci-2 of target ci"});
}

TEST_CASE("an address that belongs to another scope is named, and the other side's is called so") {
  auto cluster = a_target();
  cluster.patroni.addresses[1].scope = "main";
  const auto found = judge_cluster(cluster, "main", Stage::standby, 1010);
  REQUIRE(lines(found) == Lines{"blocker topology.wrong_cluster http://ci-2 of target ci"});
  CHECK(found[0].why.find("the other side") != std::string::npos);
}

TEST_CASE("what a member says of its DCS, its key and its watchdog is passed on") {
  auto cluster = a_target();
  cluster.patroni.addresses[0].failsafe = true;
  cluster.patroni.addresses[0].without_leader_key = true;
  cluster.patroni.addresses[1].watchdog_failed = true;
  cluster.patroni.addresses[1].version = "2.1.4";
  CHECK(judged(cluster) == Lines{"blocker topology.failsafe_active http://ci-1 of target ci",
                                 "blocker topology.no_leader_key http://ci-1 of target ci",
                                 "blocker topology.watchdog_failed http://ci-2 of target ci",
                                 "warning topology.patroni_too_old http://ci-2 of target ci"});
  CHECK(judged(a_source(), Stage::standby, 1000 + 80).empty());
  CHECK(judged(a_source(), Stage::standby, 1000 + 81) ==
        Lines{"warning topology.dcs_not_reached http://main-1 of source main",
              "warning topology.dcs_not_reached http://main-2 of source main"});
}

TEST_CASE("a cluster without a leader, or whose leader can't be logged in to, blocks") {
  auto cluster = a_source();
  cluster.patroni.view.members.erase(cluster.patroni.view.members.begin());
  cluster.unseen = "the cluster has no leader";
  CHECK(judged(cluster) == Lines{"blocker topology.no_leader source main"});
  cluster = a_source();
  cluster.unseen = "password";
  CHECK(judged(cluster) == Lines{"blocker topology.no_session member main-1 of source main"});
  cluster = a_source();
  cluster.patroni.view.members[0].state = "starting";
  cluster.identity.superuser = false;
  cluster.identity.version = 140011;
  CHECK(judged(cluster) == Lines{"blocker topology.leader_not_running member main-1 of source main",
                                 "blocker topology.not_superuser user pgcleave on source main",
                                 "blocker topology.postgres_too_old source main"});
}

TEST_CASE("replicas that could not take over are named, and a leader without one too") {
  auto cluster = a_source();
  auto& replica = cluster.patroni.view.members[1];
  replica.timeline = 2;
  replica.lag = 1001;
  replica.restart_scheduled = true;
  CHECK(judged(cluster) == Lines{"warning topology.restart_scheduled member main-2 of source main",
                                 "warning topology.member_timeline member main-2 of source main",
                                 "warning topology.member_lags member main-2 of source main"});
  replica = a_member("main-2", patroni::Role::replica, 2);
  replica.lag.reset();
  CHECK(judged(cluster).empty());
  replica.state = "start failed";
  CHECK(judged(cluster) == Lines{"warning topology.member_not_running member main-2 of source main",
                                 "warning topology.no_replica source main"});
}

TEST_CASE("a target that owns and has standby_cluster again is about to lose what its clients wrote") {
  auto cluster = a_target();
  cluster.owner = fence::Owner::target;
  for (const auto stage : {Stage::split, Stage::standby}) {
    const auto found = judged(cluster, stage);
    CHECK(std::find(found.begin(), found.end(), "blocker topology.owner_made_standby target ci") != found.end());
  }
  cluster.patroni.config.erase("standby_cluster");
  CHECK(judged(cluster, Stage::split).empty());
  cluster = a_target();
  cluster.owner = fence::Owner::source;
  CHECK(judged(cluster, Stage::split).empty());
  CHECK(judged(a_source(), Stage::split).empty());
}

TEST_CASE("what stands against a promotion matters where one is to come") {
  auto cluster = a_target();
  cluster.patroni.view.paused = true;
  cluster.patroni.switchover_scheduled = true;
  cluster.patroni.config["synchronous_mode_strict"] = "on";
  cluster.patroni.config["postgresql"] =
      Json::parse(R"({"pre_promote": "x", "callbacks": {"on_role_change": "y", "on_start": "z"}})");
  CHECK(judged(cluster) == Lines{"blocker topology.patroni_paused target ci",
                                 "blocker topology.switchover_scheduled target ci",
                                 "blocker topology.synchronous_mode_strict target ci",
                                 "blocker topology.pre_promote target ci", "warning topology.role_callback target ci"});
  CHECK(judged(cluster, Stage::split).size() == 3);

  cluster = a_target();
  cluster.patroni.view.members[0].role = patroni::Role::leader;
  CHECK(judged(cluster) == Lines{"blocker topology.not_standby_leader member ci-1 of target ci"});
  cluster.patroni.config.erase("standby_cluster");
  CHECK(judged(cluster) == Lines{"blocker topology.no_standby_cluster target ci"});
  CHECK(judged(cluster, Stage::split).empty());
}
