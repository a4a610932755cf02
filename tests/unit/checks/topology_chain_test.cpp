#include <catch2/catch.hpp>

#include "checks/topology/chain.h"
#include "checks/topology/slots.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

Lines judged(const ClusterSeen& source, const ClusterSeen& target, Stage stage = Stage::standby) {
  return lines(judge_chain({source, target, {"10.0.0.99", 6432}, "ci"}, stage));
}

}  // namespace

TEST_CASE("a chain with nothing wrong is silent before and after the split") {
  CHECK(judged(a_source(), a_target()).empty());
  auto target = a_target();
  target.identity.in_recovery = false;
  target.identity.timeline = 2;
  CHECK(judged(a_source(), target, Stage::split).empty());
  CHECK(judged(a_source(), target, Stage::promoted).empty());
}

TEST_CASE("members with one name on both sides, and versions that differ, are named") {
  auto target = a_target();
  target.patroni.view.members[1].name = "main-2";
  CHECK(judged(a_source(), target) == Lines{"blocker topology.same_member_name member main-2"});
  target = a_target();
  target.identity.version = 160004;
  CHECK(judged(a_source(), target) == Lines{"blocker topology.major_versions_differ target ci"});
  target.identity.version = 150018;
  target.patroni.addresses[0].version = "3.3.0";
  CHECK(judged(a_source(), target) ==
        Lines{"note topology.minor_versions_differ target ci", "note topology.patroni_versions_differ Patroni"});
}

TEST_CASE("roles that are wrong are told, and nothing else of the chain") {
  auto source = a_source();
  auto target = a_target();
  target.receiver = {};
  source.identity.in_recovery = true;
  CHECK(judged(source, target) == Lines{"blocker topology.source_in_recovery source main"});
  target.identity.in_recovery = false;
  CHECK(judged(source, target, Stage::promoted_by_others) == Lines{"blocker topology.sides_swapped source main"});
  CHECK(judged(a_source(), target, Stage::promoted_by_others) ==
        Lines{"blocker topology.target_not_standby target ci"});
}

TEST_CASE("what makes a cluster a standby, or copies it anew, is told with what would be lost") {
  auto target = a_target();
  target.identity.system_identifier = "8";
  const auto another = judge_chain({a_source(), target, {"10.0.0.99", 6432}, "ci"}, Stage::standby);
  REQUIRE(another.size() == 1);
  CHECK(another[0].fix.find("where nobody needs what it holds") != std::string::npos);
  target = a_target();
  target.identity.in_recovery = false;
  const auto writable = judge_chain({a_source(), target, {"10.0.0.99", 6432}, "ci"}, Stage::promoted_by_others);
  REQUIRE(writable.size() == 1);
  CHECK(writable[0].fix.starts_with("leave it where clients write to it"));
  CHECK(writable[0].fix.find("Only where nobody needs that: patronictl") != std::string::npos);
}

TEST_CASE("a target that does not follow this source blocks") {
  auto target = a_target();
  target.identity.system_identifier = "8";
  CHECK(judged(a_source(), target) == Lines{"blocker topology.not_a_copy target ci"});
  target = a_target();
  target.receiver = {};
  CHECK(judged(a_source(), target) == Lines{"blocker topology.not_streaming target ci"});
  target = a_target();
  target.identity.timeline = 2;
  CHECK(judged(a_source(), target) == Lines{"blocker topology.timelines_differ target ci"});
}

TEST_CASE("whom the target follows may be any member, a proxy that is named, or whoever serves its slot") {
  auto source = a_source();
  auto target = a_target();
  target.receiver.sender_port = 2;
  CHECK(judged(source, target) == Lines{"note topology.follows_replica target ci"});
  target.receiver = {"streaming", "10.0.0.99", 6432, ""};
  CHECK(judged(source, target).empty());
  target.receiver = {"streaming", "proxy", 5000, "ci_cluster"};
  CHECK(judged(source, target).empty());
  source.slots[0].active = false;
  CHECK(judged(source, target) == Lines{"blocker topology.follows_another target ci",
                                        "warning topology.slot_unused slot ci_cluster on source main"});
}

TEST_CASE("the standby's slot has to be named, declared, made and used") {
  auto target = a_target();
  target.patroni.config["standby_cluster"].erase("primary_slot_name");
  CHECK(judged(a_source(), target) == Lines{"warning topology.no_slot target ci"});
  auto source = a_source();
  source.patroni.config.erase("slots");
  CHECK(judged(source, a_target()) == Lines{"blocker topology.slot_not_declared slot ci_cluster on source main"});
  source = a_source();
  source.slots.clear();
  CHECK(judged(source, a_target()) == Lines{"warning topology.slot_unused slot ci_cluster on source main"});
}

TEST_CASE("standby_cluster as people write it: a hyphen becomes _, null is told, and an archive alone does not do") {
  auto target = a_target();
  auto& standby = target.patroni.config["standby_cluster"];
  standby["primary_slot_name"] = "ci-cluster";
  standby["host"] = "10.0.0.1,10.0.0.2";
  standby["port"] = "5432,5433";
  CHECK(judged(a_source(), target).empty());
  standby["primary_slot_name"] = nullptr;
  CHECK(judged(a_source(), target) == Lines{"warning topology.slot_is_null target ci"});
  standby = {{"restore_command", "cp /archive/%f %p"}};
  target.receiver.status = "";
  CHECK(judged(a_source(), target) ==
        Lines{"blocker topology.archive_only target ci", "warning topology.no_slot target ci"});
}

TEST_CASE("commits that wait for a standby which leaves with the other side block") {
  auto source = a_source();
  source.standbys = {{"ci-1", "r", "sync", "streaming"}, {"main-2", "r", "potential", "streaming"}};
  CHECK(judged(source, a_target()) == Lines{"blocker topology.synchronous_across source main"});
  source.standbys = {{"ci-1", "r", "potential", "streaming"}, {"main-2", "r", "sync", "streaming"}};
  CHECK(judged(source, a_target()).empty());

  auto target = a_target();
  target.synchronous_standby_names = "FIRST 1 (ci-3)";
  target.standbys = {{"ci-2", "r", "async", "streaming"}};
  CHECK(judged(a_source(), target) == Lines{"blocker topology.synchronous_standby_missing target ci"});
  for (const auto* names : {"*", "ANY 1 (\"ci-2\")"}) {
    target.synchronous_standby_names = names;
    CHECK(judged(a_source(), target).empty());
  }
}

TEST_CASE("slots that Patroni would drop are named, those of members and of a run are not") {
  auto source = a_source();
  source.slots.push_back({"pgcleave_ci_forward", "pgoutput", "app", true});
  source.slots.push_back({"backup", "", "", true});
  CHECK(lines(judge_slots(source, "ci", Stage::standby)) ==
        Lines{"warning topology.slot_unknown_to_patroni slot backup on source main"});
  source.patroni.config["ignore_slots"] = Json::parse(R"([{"type": "logical"}, {"database": "other"}])");
  CHECK(lines(judge_slots(source, "ci", Stage::standby)).size() == 1);
  source.patroni.config["ignore_slots"] =
      Json::parse(R"([{"type": "logical"}, {"name": "backup", "type": "physical"}])");
  CHECK(judge_slots(source, "ci", Stage::standby).empty());
  source.slots.push_back({"reader", "wal2json", "app", false});
  CHECK(lines(judge_slots(source, "ci", Stage::standby)) ==
        Lines{"warning topology.change_reader_stays slot reader on source main"});
  CHECK(judge_slots(source, "ci", Stage::split).empty());
  auto target = a_target();
  target.slots = source.slots;
  target.patroni.config["ignore_slots"] = source.patroni.config["ignore_slots"];
  target.patroni.config["slots"] = source.patroni.config["slots"];
  target.patroni.view.members[1].name = "Main.2";
  CHECK(judge_slots(target, "ci", Stage::standby).empty());
}
