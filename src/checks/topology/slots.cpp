#include "checks/topology/slots.h"

#include "base/format.h"

namespace pgcleave::checks {
namespace {

// Patroni makes a slot for each of its members (slots.py, slot_name_from_member_name(), 3.0): lower case, - and .
// become _.
std::string slot_of_member(const std::string& member) {
  std::string name;
  for (const char c : member) {
    const auto lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    name += lower == '-' || lower == '.' || lower == ' ' ? '_' : lower;
  }
  return name;
}

// An entry of ignore_slots fits when all that it names fits.
bool ignored(const Json& config, const SlotSeen& slot) {
  const auto list = config.find("ignore_slots");
  if (list == config.end() || !list->is_array()) return false;
  for (const auto& entry : *list) {
    if (!entry.is_object() || entry.empty()) continue;
    const auto fits = [&](const char* key, const std::string& value) {
      return !entry.contains(key) || patroni::text_at(entry, key) == value;
    };
    if (fits("name", slot.name) && fits("type", slot.plugin.empty() ? "physical" : "logical") &&
        fits("plugin", slot.plugin) && fits("database", slot.database))
      return true;
  }
  return false;
}

bool known(const ClusterSeen& cluster, const SlotSeen& slot) {
  if (patroni::object_at(cluster.patroni.config, {"slots"}).contains(slot.name) ||
      ignored(cluster.patroni.config, slot))
    return true;
  for (const auto& member : cluster.patroni.view.members) {
    if (slot_of_member(member.name) == slot.name) return true;
  }
  return false;
}

}  // namespace

Findings judge_slots(const ClusterSeen& cluster, const std::string& split, Stage stage) {
  Findings found;
  const auto* const query = "SELECT slot_name, slot_type, plugin, active FROM pg_replication_slots";
  for (const auto& slot : cluster.slots) {
    if (slot.name.starts_with("pgcleave_" + split + "_")) continue;
    const auto object = fmt::format("slot {} on {}", slot.name, cluster.label);
    const auto seen =
        slot.plugin.empty() ? "physical" : fmt::format("logical, {}, database {}", slot.plugin, slot.database);
    if (!known(cluster, slot)) {
      found.push_back(
          {"topology.slot_unknown_to_patroni", Severity::warning, object,
           fmt::format("{}; neither in slots nor in ignore_slots, and of no member", seen), query,
           "Patroni drops it as soon as its reader is away, and the reader has lost its place",
           fmt::format("patronictl edit-config {}: name it under slots, or under ignore_slots", cluster.scope)});
    }
    const bool before = stage == Stage::standby || stage == Stage::promoted;
    if (!slot.plugin.empty() && before && cluster.which == fence::Owner::source) {
      found.push_back(
          {"topology.change_reader_stays", Severity::warning, object, seen, query,
           "its reader gets no changes of the moved tables after the split, and no error either",
           "plan a slot on the target for its reader, made before clients come; or move no table that it reads"});
    }
  }
  return found;
}

}  // namespace pgcleave::checks
