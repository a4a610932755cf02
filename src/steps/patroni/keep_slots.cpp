// patroni.keep_slots: Patroni's primary drops inactive slots that it does not know. This makes it leave the split's own
// slots alone: on the source the one of forward replication and the one that keeps WAL, on the target the one of
// reverse replication.
#include <algorithm>

#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

std::vector<Json> rules_for(World& world, const Side& cluster) {
  const auto logical = [](const std::string& name) {
    return Json{{"name", name}, {"type", "logical"}, {"plugin", "pgoutput"}};
  };
  if (cluster.which() == fence::Owner::target) return {logical(reverse_link(world).name)};
  return {logical(forward_link(world).name), {{"name", wal_slot(world)}, {"type", "physical"}}};
}

Json list_in_config(const Json& config) {
  const auto rules = config.value("ignore_slots", Json());
  return rules.is_array() ? rules : Json::array();
}

bool has(const Json& rules, const std::string& name) {
  return rules.is_array() && std::any_of(rules.begin(), rules.end(), [&](const Json& one) {
           return one.is_object() && one.value("name", std::string()) == name;
         });
}

std::string names_of(const std::vector<Json>& rules) {
  std::string names;
  for (const auto& rule : rules) names += (names.empty() ? "" : ", ") + rule.at("name").get<std::string>();
  return names;
}

Result<Observation> observe_patroni_keep_slots(Context& context) {
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
  const auto rules = config.value("ignore_slots", Json());
  Observation seen;
  seen.before = {{"ignore_slots", rules}};
  const auto wanted = rules_for(context.world, cluster);
  const bool there =
      std::all_of(wanted.begin(), wanted.end(), [&](const Json& one) { return has(rules, one.at("name")); });
  if (there) seen.state = State::done;
  seen.evidence =
      fmt::format("ignore_slots of {} {} {}", cluster.label(), there ? "names" : "does not name", names_of(wanted));
  return seen;
}

// GET /config answers from the member's memory, which follows the PATCH a moment later (Patroni 3.0.2): whoever looked
// at once would see the earlier value.
Result<void> put(Context& context, Side& cluster, const Json& rules) {
  TRY(cluster.patroni().patch_config({{"ignore_slots", rules}}, context.deadline));
  return wait_until("Patroni shows ignore_slots of " + cluster.label() + " as it was set", context.deadline,
                    std::chrono::milliseconds(10), context.stop, [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
                      return config.value("ignore_slots", Json()) == rules;
                    });
}

Result<Json> apply_patroni_keep_slots(Context& context, const Json&) {
  auto& world = context.world;
  auto& cluster = context.side("cluster");
  const auto wanted = rules_for(world, cluster);
  TRY(world.effects->perform(
      fmt::format("tell Patroni of {} to keep the slots {} (ignore_slots)", cluster.label(), names_of(wanted)),
      [&]() -> Result<Json> {
        // As they stand now: PATCH replaces a list as a whole.
        TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
        auto rules = list_in_config(config);
        for (const auto& rule : wanted) {
          if (!has(rules, rule.at("name"))) rules.push_back(rule);
        }
        TRY(put(context, cluster, rules));
        return Json();
      }));
  return Json::object();
}

Result<void> undo_patroni_keep_slots(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& cluster = context.side("cluster");
  const auto earlier = before.value("ignore_slots", Json());
  std::vector<Json> own;
  for (const auto& rule : rules_for(world, cluster)) {
    if (!has(earlier, rule.at("name"))) own.push_back(rule);
  }
  if (own.empty()) return {};
  const auto what = fmt::format("take the slots {} from ignore_slots of {}", names_of(own), cluster.label());
  TRY(world.effects->perform(what, [&]() -> Result<Json> {
    TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
    Json left = Json::array();
    for (const auto& rule : list_in_config(config)) {
      if (std::find(own.begin(), own.end(), rule) == own.end()) left.push_back(rule);
    }
    TRY(put(context, cluster, left.empty() && !earlier.is_array() ? Json() : left));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind patroni_keep_slots() {
  return {{.kind = "patroni.keep_slots",
           .purpose = "Tells Patroni to leave the split's own slots alone.",
           .parameters = {side_parameter("cluster", "the cluster that will hold the slots")},
           .outputs = {},
           .changes = "ignore_slots in Patroni's dynamic configuration",
           .undo = "takes away what it added; other entries stay",
           .traits = {.changes = true}},
          nullptr,
          observe_patroni_keep_slots,
          apply_patroni_keep_slots,
          undo_patroni_keep_slots};
}

}  // namespace pgcleave::steps
