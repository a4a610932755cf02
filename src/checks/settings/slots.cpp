#include "checks/settings/slots.h"

#include <algorithm>
#include <sstream>

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::checks {
namespace {

using fence::Owner;

constexpr long long a_day_s = 24 * 3600;
constexpr const char* slots_query =
    "SELECT slot_name, slot_type, active, failover, synced, invalidation_reason FROM pg_replication_slots";

std::vector<std::string> slots_named(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream parts(list);
  std::string part;
  while (std::getline(parts, part, ',')) {
    const auto from = part.find_first_not_of(" \t\"");
    if (from == std::string::npos) continue;
    names.push_back(part.substr(from, part.find_last_not_of(" \t\"") + 1 - from));
  }
  return names;
}

class SlotSettingsJudge : Judging {
 public:
  SlotSettingsJudge(const SlotsSeen& seen, Stage stage)
      : Judging("settings"), seen_(seen), server_(seen.server), stage_(stage), own_("pgcleave_" + seen.split + "_") {}

  Findings run() {
    for (const auto& name : slots_named(server_.text("synchronized_standby_slots"))) inspect_waited_for(name);
    inspect_idle_timeout();
    for (const auto& slot : server_.all_slots) {
      inspect_invalidated(slot);
      inspect_synced(slot);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool before() const { return stage_ == Stage::standby || stage_ == Stage::promoted; }
  [[nodiscard]] bool ours(const SlotState& slot) const { return slot.name.starts_with(own_); }
  [[nodiscard]] std::string object(const std::string& slot) const {
    return fmt::format("slot {} on {}", slot, server_.label);
  }

  // Logical senders of slots with failover = true send nothing that these physical slots have not confirmed (17).
  void inspect_waited_for(const std::string& name) {
    const auto& slots = server_.all_slots;
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const auto& one) { return one.name == name; });
    std::vector<std::string> waiting;
    for (const auto& one : slots) {
      if (one.logical && one.failover) waiting.push_back(one.name);
    }
    // The rollback path's slot will be one where the target synchronizes slots.
    const bool to_come = server_.which == Owner::target && server_.is("sync_replication_slots", "on");
    const auto severity = waiting.empty() && !to_come ? Severity::warning : Severity::blocker;
    const auto readers = waiting.empty() ? std::string("no slot there has failover = true yet")
                                         : fmt::format("slots with failover = true: {}", fmt::join(waiting, ", "));
    const auto fix = fmt::format("take {} from it: patronictl edit-config {} -p synchronized_standby_slots=...", name,
                                 server_.scope);
    if (slot == slots.end() || slot->logical || !slot->active || !slot->invalidated.empty()) {
      const auto* const state = slot == slots.end()          ? "it does not exist"
                                : slot->logical              ? "it is a logical slot"
                                : !slot->invalidated.empty() ? "it was invalidated"
                                                             : "nobody streams from it";
      add("standby_slot_stalls", severity, object(name),
          fmt::format("synchronized_standby_slots names it, and {}; {}", state, readers), slots_query,
          "readers of slots with failover = true get no change until it goes on, and the rollback path may be one",
          fix + "; or let its standby stream again");
    } else if (server_.which == Owner::source && before() && name == seen_.standby_slot) {
      add("standby_slot_leaves", severity, object(name),
          fmt::format("synchronized_standby_slots names the slot of the standby cluster; {}", readers), slots_query,
          "nobody streams from it once the target is promoted: readers of slots with failover = true stand still",
          fix + " before the window");
    }
  }

  // At a checkpoint PostgreSQL 18 invalidates what nobody has read for so long. The slot that keeps WAL for a rewind is
  // never read.
  void inspect_idle_timeout() {
    const auto timeout_s = server_.number("idle_replication_slot_timeout");
    if (timeout_s <= 0) return;
    const bool source = server_.which == Owner::source;
    add("idle_slots_end", before() && timeout_s < a_day_s ? Severity::blocker : Severity::warning,
        "idle_replication_slot_timeout on " + server_.label,
        fmt::format("it is {}", to_text(std::chrono::seconds(timeout_s))), "SHOW idle_replication_slot_timeout",
        source ? "the slot that keeps WAL for rewinding the target is read by nobody and is lost after that time: the "
                 "target would have to be copied anew after a rollback"
               : "the rollback path's slot is lost when its link is down for that long, and the rollback with it",
        fmt::format("patronictl edit-config {} -p idle_replication_slot_timeout=0, for as long as the split may be "
                    "rolled back",
                    server_.scope));
  }

  void inspect_invalidated(const SlotState& slot) {
    if (slot.invalidated.empty()) return;
    const bool path = slot.name == own_ + "reverse";
    const bool upstream = slot.name == seen_.standby_slot && server_.which == Owner::source && stage_ == Stage::standby;
    add("slot_invalidated", path || upstream ? Severity::blocker : Severity::warning, object(slot.name),
        "PostgreSQL has invalidated it: " + slot.invalidated, slots_query,
        path       ? "the rollback path has ended: what the target has written since then can't go back"
        : upstream ? "the standby can't come back after its next disconnection"
                   : "its reader gets nothing any more",
        path ? "keep the split (cleanup), or roll back with what was written given up"
             : "drop it, and let its reader begin anew");
  }

  // Copies of the source's slots that sync_replication_slots makes become slots of the target's own by its promotion.
  void inspect_synced(const SlotState& slot) {
    if (server_.which != Owner::target || !slot.synced || ours(slot) || slot.active) return;
    add("synced_slot_stays", Severity::warning, object(slot.name),
        server_.in_recovery ? "it is synchronized from the source (sync_replication_slots)"
                            : "it was synchronized from the source before the promotion, and nobody reads it",
        slots_query,
        "after the promotion it holds WAL and the rows that vacuum would remove, for a reader who stays away",
        server_.in_recovery ? "drop it after the promotion, unless its reader moves too"
                            : fmt::format("unless its reader is to go on here: SELECT pg_drop_replication_slot({})",
                                          postgres::quote_literal(slot.name)));
  }

  const SlotsSeen& seen_;
  const ServerSeen& server_;
  Stage stage_;
  std::string own_;
};

}  // namespace

Findings judge_slot_settings(const SlotsSeen& seen, Stage stage) {
  return SlotSettingsJudge(seen, stage).run();
}

}  // namespace pgcleave::checks
