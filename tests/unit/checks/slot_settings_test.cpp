#include <catch2/catch.hpp>

#include "checks/settings/slots.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;
using fence::Owner;

namespace {

// Names as a lab has them: the target streams from slot ci_cluster, which the source declares for it.
ServerSeen server_with_slots(Owner which) {
  ServerSeen seen;
  seen.which = which;
  seen.scope = which == Owner::source ? "main" : "ci";
  seen.label = std::string(fence::name_of(which)) + " " + seen.scope;
  seen.in_recovery = which == Owner::target;
  if (which == Owner::source) seen.all_slots = {{"ci_cluster", false, true}, {"pgcleave_ci_rewind", false, false}};
  if (which == Owner::target) seen.all_slots = {{"ci_2", false, true}, {"pgcleave_ci_reverse", true, true}};
  return seen;
}

Lines judged_slots(const ServerSeen& server, Stage stage = Stage::standby) {
  const auto found = judge_slot_settings({server, "ci", "ci_cluster"}, stage);
  for (const auto& finding : found) {
    CHECK_FALSE(finding.query.empty());
    CHECK_FALSE(finding.fix.empty());
  }
  return lines(found);
}

ServerSeen source_that_waits_for(const std::string& slots, bool reader_has_failover = false) {
  auto source = server_with_slots(Owner::source);
  source.settings["synchronized_standby_slots"] = slots;
  source.all_slots.push_back({"feed", true, true, reader_has_failover});
  return source;
}

}  // namespace

TEST_CASE("slots that nothing holds up or ends are no finding at any stage") {
  for (const auto stage : {Stage::standby, Stage::promoted, Stage::split}) {
    CHECK(judged_slots(server_with_slots(Owner::source), stage).empty());
    CHECK(judged_slots(server_with_slots(Owner::target), stage).empty());
  }
}

TEST_CASE("a slot that logical senders wait for has to be streamed from") {
  const std::string stalls = "settings.standby_slot_stalls slot ";
  CHECK(judged_slots(source_that_waits_for("main_2")) == Lines{"warning " + stalls + "main_2 on source main"});
  CHECK(judged_slots(source_that_waits_for("main_2", true)) == Lines{"blocker " + stalls + "main_2 on source main"});
  CHECK(judged_slots(source_that_waits_for("feed", true)) == Lines{"blocker " + stalls + "feed on source main"});
  auto source = source_that_waits_for("main_2, \"main_3\"", true);
  source.all_slots.push_back({"main_2", false, false});
  source.all_slots.push_back({"main_3", false, true});
  CHECK(judged_slots(source) == Lines{"blocker " + stalls + "main_2 on source main"});
  source.all_slots[3].active = true;
  CHECK(judged_slots(source).empty());
  source.all_slots[3].invalidated = "wal_removed";
  CHECK(judged_slots(source).size() == 2);
  // The rollback path's own slot is such a reader.
  auto target = server_with_slots(Owner::target);
  target.settings["synchronized_standby_slots"] = "ci_3";
  target.all_slots.back().failover = true;
  CHECK(judged_slots(target, Stage::split) == Lines{"blocker " + stalls + "ci_3 on target ci"});
  target.all_slots.pop_back();
  CHECK(judged_slots(target) == Lines{"warning " + stalls + "ci_3 on target ci"});
  target.settings["sync_replication_slots"] = "on";
  CHECK(judged_slots(target) == Lines{"blocker " + stalls + "ci_3 on target ci"});
}

TEST_CASE("the slot of the standby cluster is named before the promotion takes its reader away") {
  const std::string leaves = "settings.standby_slot_leaves slot ci_cluster on source main";
  CHECK(judged_slots(source_that_waits_for("ci_cluster", true)) == Lines{"blocker " + leaves});
  CHECK(judged_slots(source_that_waits_for("ci_cluster")) == Lines{"warning " + leaves});
  auto source = source_that_waits_for("ci_cluster", true);
  source.all_slots.front().active = false;
  CHECK(judged_slots(source, Stage::split) ==
        Lines{"blocker settings.standby_slot_stalls slot ci_cluster on source main"});
}

TEST_CASE("a timeout of idle slots stops a split when it is shorter than a day") {
  for (const auto which : {Owner::source, Owner::target}) {
    auto server = server_with_slots(which);
    const auto finding = "settings.idle_slots_end idle_replication_slot_timeout on " + server.label;
    server.settings["idle_replication_slot_timeout"] = "3600";
    CHECK(judged_slots(server) == Lines{"blocker " + finding});
    CHECK(judged_slots(server, Stage::split) == Lines{"warning " + finding});
    server.settings["idle_replication_slot_timeout"] = "86400";
    CHECK(judged_slots(server) == Lines{"warning " + finding});
    server.settings["idle_replication_slot_timeout"] = "0";
    CHECK(judged_slots(server).empty());
  }
}

TEST_CASE("a slot that PostgreSQL has invalidated is named with its reason, and by what it was for") {
  auto target = server_with_slots(Owner::target);
  target.in_recovery = false;
  target.all_slots.back().invalidated = "idle_timeout";
  const auto found = judge_slot_settings({target, "ci", "ci_cluster"}, Stage::split);
  CHECK(lines(found) == Lines{"blocker settings.slot_invalidated slot pgcleave_ci_reverse on target ci"});
  CHECK(found.front().evidence.find("idle_timeout") != std::string::npos);
  auto source = server_with_slots(Owner::source);
  source.all_slots.front().invalidated = "wal_removed";
  CHECK(judged_slots(source) == Lines{"blocker settings.slot_invalidated slot ci_cluster on source main"});
  CHECK(judged_slots(source, Stage::split) ==
        Lines{"warning settings.slot_invalidated slot ci_cluster on source main"});
}

TEST_CASE("a copy of the source's slot on the target is named, but not the run's own") {
  auto target = server_with_slots(Owner::target);
  target.all_slots.push_back({"feed", true, false, true, true});
  target.all_slots[1].synced = true;
  target.all_slots[1].active = false;
  CHECK(judged_slots(target) == Lines{"warning settings.synced_slot_stays slot feed on target ci"});
  target.in_recovery = false;
  CHECK(judged_slots(target, Stage::split) == Lines{"warning settings.synced_slot_stays slot feed on target ci"});
  target.all_slots.back().active = true;
  CHECK(judged_slots(target, Stage::split).empty());
}
