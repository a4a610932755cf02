// patroni.keep_slots: Patroni's primary drops inactive slots that it does not know. This makes it leave the logical slot of the
// way back alone.
#include <algorithm>

#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Json rule(const World& world) {
  return {{"name", world.reverse_name()}, {"type", "logical"}, {"plugin", "pgoutput"}};
}

Result<Observation> observe(Context& context) {
  auto& cluster = context.world.side(context.text("cluster"));
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
  const auto rules = config.value("ignore_slots", Json());
  Observation seen;
  seen.before = {{"ignore_slots", rules}};
  const auto wanted = context.world.reverse_name();
  const bool there = rules.is_array() && std::any_of(rules.begin(), rules.end(), [&](const Json& one) {
                       return one.is_object() && one.value("name", std::string()) == wanted;
                     });
  if (there) seen.state = State::done;
  seen.evidence = fmt::format("ignore_slots of {} {} {}", cluster.label(), there ? "names" : "does not name", wanted);
  return seen;
}

// GET /config answers from the member's memory, which follows the PATCH a moment later (Patroni 3.0.2): whoever looked at once would
// see the earlier value.
Result<void> put(Context& context, Side& cluster, const Json& rules) {
  TRY(cluster.patroni().patch_config({{"ignore_slots", rules}}, context.deadline));
  return wait_until("Patroni shows ignore_slots of " + cluster.label() + " as it was set", context.deadline, std::chrono::milliseconds(10),
                    context.stop, [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
                      return config.value("ignore_slots", Json()) == rules;
                    });
}

Result<Json> apply(Context& context, const Json& before) {
  auto& world = context.world;
  auto& cluster = world.side(context.text("cluster"));
  auto rules = before.value("ignore_slots", Json());
  if (!rules.is_array()) rules = Json::array();
  rules.push_back(rule(world));
  TRY(world.effects->perform(fmt::format("tell Patroni of {} to keep slot {} (ignore_slots)", cluster.label(), world.reverse_name()),
                             [&]() -> Result<Json> {
                               TRY(put(context, cluster, rules));
                               return Json();
                             }));
  return Json::object();
}

Result<void> undo(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  auto& cluster = world.side(context.text("cluster"));
  TRY(world.effects->perform(fmt::format("give ignore_slots of {} its earlier value", cluster.label()), [&]() -> Result<Json> {
    TRY(put(context, cluster, before.value("ignore_slots", Json())));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind patroni_keep_slots() {
  return {{.kind = "patroni.keep_slots",
           .purpose = "Tells Patroni to leave the logical slot of the way back alone.",
           .parameters = {side_parameter("cluster", "the cluster that will hold the slot")},
           .facts = {},
           .changes = "ignore_slots in Patroni's dynamic configuration",
           .undo = "puts the earlier value back",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          undo};
}

}  // namespace pgcleave::steps
