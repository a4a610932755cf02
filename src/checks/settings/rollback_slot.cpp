#include "checks/settings/rollback_slot.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/sql/subscription_options.h"

namespace pgcleave::checks {
namespace {

class RollbackSlotJudge : Judging {
 public:
  RollbackSlotJudge(const RollbackSlotSeen& seen, Stage stage) : Judging("settings"), seen_(seen), stage_(stage) {}

  // Before 17 nothing can be done about it, and `status` says so once the target serves.
  Findings run() {
    const auto& target = seen_.target;
    if (target.number("server_version_num") < postgres::failover_slots_since) return {};
    if (!target.is("sync_replication_slots", "on")) {
      add("slots_not_synchronized", Severity::note, target.label, "sync_replication_slots is off",
          "SHOW sync_replication_slots", "the rollback path's slot is on the leader alone, and ends when it fails over",
          fmt::format("patronictl edit-config {} -p sync_replication_slots=on -p hot_standby_feedback=on; before the "
                      "split, since the slot is made by it",
                      target.scope));
      return std::move(found_);
    }
    inspect_members();
    if (stage_ == Stage::split) inspect_slot();
    return std::move(found_);
  }

 private:
  [[nodiscard]] const SlotState* slot() const {
    const auto& all = seen_.target.all_slots;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == seen_.slot; });
    return found == all.end() ? nullptr : &*found;
  }

  void inspect_members() {
    if (!seen_.copies) return;
    const bool to_be_copied = slot() != nullptr && slot()->failover && !seen_.target.in_recovery;
    for (const auto& one : seen_.copies->members) {
      const auto problem = !one.unasked.empty() || to_be_copied ? one.problem() : one.copy.setup_problem();
      if (problem.empty()) continue;
      add("member_without_slot", Severity::warning, fmt::format("member {} of {}", one.member, seen_.target.label),
          problem, "SELECT slot_name, synced, temporary, invalidation_reason FROM pg_replication_slots",
          "the rollback path ends when this member is promoted",
          "what it lacks is named; a copy becomes ready while changes are read from the slot");
    }
    if (seen_.copies->reads_from.empty()) return;
    add("link_to_one_member", Severity::warning, seen_.target.label,
        fmt::format("the source is to read from {}, by that member's own address", seen_.copies->reads_from),
        "SELECT subconninfo FROM pg_subscription", "after a failover it does not find the slot's new place",
        "let target.route, or host and port under target.replication, be an address that follows the leader; a "
        "subscription that is there already: ALTER SUBSCRIPTION ... CONNECTION");
  }

  void inspect_slot() {
    if (slot() == nullptr || slot()->failover) return;
    add("slot_without_failover", Severity::warning, fmt::format("slot {} on {}", seen_.slot, seen_.target.label),
        "it has failover = false, and sync_replication_slots is on",
        "SELECT slot_name, failover FROM pg_replication_slots", "it is copied to no member, and ends with a failover",
        fmt::format(
            "on the source: ALTER SUBSCRIPTION {0} DISABLE; ALTER SUBSCRIPTION {0} SET (failover = true); ALTER "
            "SUBSCRIPTION {0} ENABLE",
            postgres::quote_identifier(seen_.slot)));
  }

  const RollbackSlotSeen& seen_;
  Stage stage_;
};

}  // namespace

Findings judge_rollback_slot(const RollbackSlotSeen& seen, Stage stage) {
  return RollbackSlotJudge(seen, stage).run();
}

}  // namespace pgcleave::checks
