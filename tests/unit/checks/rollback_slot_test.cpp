#include "checks/settings/rollback_slot.h"

#include <catch2/catch.hpp>

#include "lines.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

const std::string slot_name = "pgcleave_ci_reverse";

ServerSeen a_target_that_synchronizes() {
  ServerSeen target;
  target.which = fence::Owner::target;
  target.label = "target ci";
  target.scope = "ci";
  target.settings = {{"server_version_num", "170012"}, {"sync_replication_slots", "on"}};
  target.all_slots = {{slot_name, true, true, true}};
  return target;
}

world::SlotCopies one_good_copy() {
  return {"target ci", true, "", {{"ci-2", "", {170012, true, true, true, true, true, true, false}}}};
}

Lines judged_path(const ServerSeen& target, const world::SlotCopies& copies, Stage stage = Stage::split) {
  return lines(judge_rollback_slot({target, slot_name, copies}, stage));
}

}  // namespace

TEST_CASE("a rollback path whose slot each member has is no finding, and 15 has none either") {
  auto target = a_target_that_synchronizes();
  CHECK(judged_path(target, one_good_copy()).empty());
  target.settings = {{"server_version_num", "150018"}};
  CHECK(judged_path(target, one_good_copy()).empty());
}

TEST_CASE("a target that does not synchronize slots is a note, and nothing more is said") {
  auto target = a_target_that_synchronizes();
  target.settings["sync_replication_slots"] = "off";
  target.all_slots.front().failover = false;
  CHECK(judged_path(target, {"target ci", false, "ci-1", {}}) ==
        Lines{"note settings.slots_not_synchronized target ci"});
}

TEST_CASE("a member without a copy is named, before the split only for its settings") {
  auto target = a_target_that_synchronizes();
  auto copies = one_good_copy();
  const Lines found{"warning settings.member_without_slot member ci-2 of target ci"};
  copies.members.front().copy.exists = false;
  CHECK(judged_path(target, copies) == found);
  target.in_recovery = true;
  target.all_slots.clear();
  CHECK(judged_path(target, copies, Stage::standby).empty());
  copies.members.front().copy.feedback = false;
  CHECK(judged_path(target, copies, Stage::standby) == found);
  copies.members.front() = {"ci-2", "connection refused", {}};
  CHECK(judged_path(target, copies, Stage::standby) == found);
}

TEST_CASE("a slot that nobody copies, and a subscriber that asks one member alone, are named") {
  auto target = a_target_that_synchronizes();
  target.all_slots.front().failover = false;
  CHECK(judged_path(target, one_good_copy()) ==
        Lines{"warning settings.slot_without_failover slot pgcleave_ci_reverse on target ci"});
  CHECK(judged_path(target, one_good_copy(), Stage::promoted).empty());
  auto copies = one_good_copy();
  copies.reads_from = "ci-1";
  CHECK(judged_path(a_target_that_synchronizes(), copies) == Lines{"warning settings.link_to_one_member target ci"});
}
