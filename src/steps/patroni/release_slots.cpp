// patroni.release_slots: no rollback is needed any more, so no slot need hold WAL for it. The split's rules go from
// ignore_slots, and on the source the slot from which the target streamed while it was a standby is declared no longer;
// Patroni then drops both.
#include <algorithm>

#include "base/format.h"
#include "patroni/inspection.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"
#include "world/stale_half.h"

namespace pgcleave::steps {
namespace {

// By whole names: another split's may begin with this one's.
bool is_ours(const World& world, const Json& rule) {
  if (!rule.is_object()) return false;
  auto names = link_names(world);
  names.push_back(wal_slot(world));
  return std::find(names.begin(), names.end(), rule.value("name", std::string())) != names.end();
}

Json list_of(const Json& config, const char* key) {
  const auto list = config.value(key, Json());
  return list.is_array() ? list : Json::array();
}

// The slot that held WAL for the standby, as the promotion noted it. Empty when there is none.
Result<std::string> standby_slot(Context& context, Side& cluster) {
  auto& world = context.world;
  if (cluster.which() != fence::Owner::source) return std::string();
  TRY_ASSIGN(const auto config, world.target.patroni().config(context.deadline));
  return patroni::slot_of_standby(patroni::object_at(config, {"pgcleave", "standby_cluster"}));
}

// What is there of ours: {rules: [...], slots: {name: declaration}}.
Result<Json> configured(Context& context, Side& cluster) {
  TRY_ASSIGN(const auto slot, standby_slot(context, cluster));
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
  Json ours{{"rules", Json::array()}, {"slots", Json::object()}};
  for (const auto& rule : list_of(config, "ignore_slots")) {
    if (is_ours(context.world, rule)) ours["rules"].push_back(rule);
  }
  const auto slots = config.value("slots", Json());
  if (slots.is_object() && !slot.empty() && slots.contains(slot)) ours["slots"][slot] = slots.at(slot);
  return ours;
}

// Slots that Patroni has to drop, or to make again.
Result<std::vector<std::string>> present(Context& context, Side& cluster, const std::vector<std::string>& names) {
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  std::vector<std::string> found;
  for (const auto& name : names) {
    TRY_ASSIGN(const auto slot, postgres::slot(*leader, name, context.deadline));
    if (slot) found.push_back(name);
  }
  return found;
}

Result<std::vector<std::string>> names_to_go(Context& context, Side& cluster) {
  TRY_ASSIGN(const auto standby, standby_slot(context, cluster));
  std::vector<std::string> names;
  if (!standby.empty()) names.push_back(standby);
  if (cluster.which() == fence::Owner::source) names.push_back(wal_slot(context.world));
  return names;
}

Result<Observation> observe_patroni_release_slots(Context& context) {
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(const auto ours, configured(context, cluster));
  TRY_ASSIGN(const auto names, names_to_go(context, cluster));
  TRY_ASSIGN(const auto there, present(context, cluster, names));
  Observation seen;
  seen.before = ours;
  const auto& slots = ours.at("slots");
  seen.evidence = fmt::format("{} rules in ignore_slots of {}", ours.at("rules").size(), cluster.label());
  for (const auto& [name, declared] : slots.items()) seen.evidence += "; slot " + name + " is declared";
  if (ours.at("rules").empty() && slots.empty() && there.empty()) seen.state = State::done;
  return seen;
}

Result<void> nobody_reads(Context& context, Side& cluster, const std::vector<std::string>& names) {
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  for (const auto& name : names) {
    TRY_ASSIGN(const auto slot, postgres::slot(*leader, name, context.deadline));
    if (!slot || !slot->active) continue;
    return fail({ErrorKind::not_ready, "replication slot " + name + " on " + cluster.label(), "is in use",
                 "nobody reads it", "",
                 "who: SELECT * FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid", ""});
  }
  return {};
}

// The slots of reverse replication hold what undo could not bring again: they must have been given up before.
Result<void> reverse_is_stopped(Context& context, Side& cluster) {
  TRY_ASSIGN(const auto left, present(context, cluster, link_names(context.world)));
  if (left.empty()) return {};
  return fail({ErrorKind::not_ready, cluster.label(), "reverse replication still runs: Patroni would drop its slot",
               "no slot " + left.front(), "", "end it first, with replication.stop_reverse", ""});
}

// GET /config answers from the member's memory, which follows the PATCH a moment later (Patroni 3.0.2).
Result<void> put(Context& context, Side& cluster, const Json& rules, const Json& slots) {
  Json patch{{"ignore_slots", rules.empty() ? Json() : rules}};
  if (!slots.empty()) patch["slots"] = slots;
  TRY(cluster.patroni().patch_config(patch, context.deadline));
  return wait_until("Patroni of " + cluster.label() + " shows the slots as they were set", context.deadline,
                    std::chrono::milliseconds(10), context.stop, [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
                      const auto shown = config.value("slots", Json::object());
                      for (const auto& [name, declared] : slots.items()) {
                        if ((shown.is_object() ? shown.value(name, Json()) : Json()) != declared) return false;
                      }
                      return list_of(config, "ignore_slots") == rules;
                    });
}

Result<void> wait_for_slots(Context& context, Side& cluster, const std::vector<std::string>& names, bool there) {
  return wait_until(
      fmt::format("Patroni of {} has {} slot {}", cluster.label(), there ? "made" : "dropped", fmt::join(names, ", ")),
      context.deadline, std::chrono::milliseconds(50), context.stop, [&]() -> Result<bool> {
        TRY_ASSIGN(const auto found, present(context, cluster, names));
        return found.size() == (there ? names.size() : 0);
      });
}

Result<Json> apply_patroni_release_slots(Context& context, const Json&) {
  auto& world = context.world;
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(const auto names, names_to_go(context, cluster));
  auto what =
      fmt::format("tell Patroni of {} to ignore the slots of split {} no longer", cluster.label(), world.split.name);
  if (!names.empty()) what += fmt::format(", and to drop {}", fmt::join(names, " and "));
  TRY(world.effects->perform(what, [&]() -> Result<Json> {
    TRY(reverse_is_stopped(context, cluster));
    TRY(nobody_reads(context, cluster, names));
    TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
    TRY_ASSIGN(const auto ours, configured(context, cluster));
    Json rules = Json::array();
    for (const auto& rule : list_of(config, "ignore_slots")) {
      if (!is_ours(world, rule)) rules.push_back(rule);
    }
    Json slots = Json::object();
    for (const auto& [name, declared] : ours.at("slots").items()) slots[name] = nullptr;
    TRY(put(context, cluster, rules, slots));
    TRY(wait_for_slots(context, cluster, names, false));
    return Json();
  }));
  return Json::object();
}

Result<void> undo_patroni_release_slots(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& cluster = context.side("cluster");
  const auto slots = before.value("slots", Json::object());
  TRY(world.effects->perform(fmt::format("give ignore_slots and slots of {} what was taken from them", cluster.label()),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
                               auto rules = list_of(config, "ignore_slots");
                               for (const auto& rule : list_of(before, "rules")) {
                                 if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
                               }
                               std::vector<std::string> names;
                               for (const auto& [name, declared] : slots.items()) names.push_back(name);
                               TRY(put(context, cluster, rules, slots));
                               TRY(wait_for_slots(context, cluster, names, true));
                               return Json();
                             }));
  return {};
}

}  // namespace

StepKind patroni_release_slots() {
  return {{.kind = "patroni.release_slots",
           .purpose = "Releases the slots that a split needed for its rollback, so that they hold no WAL.",
           .parameters = {side_parameter("cluster", "the cluster that holds the slots")},
           .outputs = {},
           .changes = "ignore_slots and slots in Patroni's dynamic configuration; Patroni drops the slots",
           .undo = "puts rules and declaration back; the WAL that the slot held does not come again",
           .traits = {.changes = true}},
          nullptr,
          observe_patroni_release_slots,
          apply_patroni_release_slots,
          undo_patroni_release_slots};
}

}  // namespace pgcleave::steps
