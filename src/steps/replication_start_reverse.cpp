// replication.start_reverse: the source subscribes to the target, and a canary row proves it. Apply workers run as replica role
// and pass the fence.
#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

std::string token(const World& world) {
  return world.run.id + " way back";
}

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, world.reverse_name(), context.deadline));
  Observation seen;
  seen.before = {{"existed", subscription.has_value()}};
  if (!subscription) {
    seen.evidence = "no subscription";
    return seen;
  }
  const auto arrived = postgres::canary_arrived(*source, world.split.name, token(world), context.deadline);
  seen.evidence = fmt::format("subscription {}, worker {}, canary {}", subscription->enabled ? "enabled" : "disabled",
                              subscription->worker ? "runs" : "does not run", arrived.value_or(false) ? "arrived" : "did not arrive");
  if (subscription->enabled && subscription->worker && arrived.value_or(false)) seen.state = State::done;
  return seen;
}

Result<Json> prove(Context& context) {
  auto& world = context.world;
  const auto began = Monotonic::now();
  TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY(postgres::write_canary(*target, world.split.name, token(world), context.deadline));
  auto arrived =
      wait_until("the canary row has arrived on " + world.source.label(), context.deadline, std::chrono::milliseconds(1), context.stop,
                 [&] { return postgres::canary_arrived(*source, world.split.name, token(world), context.deadline.for_a_look()); });
  if (!arrived) {
    arrived.error().hint = "look into PostgreSQL's log on " + world.source.label() + " for the subscription " + world.reverse_name();
    return fail(arrived.error());
  }
  return Json{{"canary_ms", milliseconds(std::chrono::duration_cast<Duration>(Monotonic::now() - began))}};
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  const auto name = world.reverse_name();
  const postgres::SubscriptionSpec spec{name, name, name, world.target.replication_conninfo(), world.target.access().replication.password};
  TRY(world.effects->perform(
      fmt::format("create subscription {} on {}, from {}, without copying", name, world.source.label(), world.target.label()),
      [&]() -> Result<Json> {
        TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
        TRY(postgres::create_subscription(*source, spec, context.deadline));
        return Json();
      }));
  TRY(world.effects->perform(fmt::format("enable subscription {} on {}", name, world.source.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
    TRY(postgres::enable_subscription(*source, name, context.deadline));
    return Json();
  }));
  return world.effects->perform(fmt::format("write a canary row on {} and wait for it on {}", world.target.label(), world.source.label()),
                                [&] { return prove(context); });
}

Result<void> undo(Context& context, const Json& before, const Json&) {
  if (before.value("existed", false)) return {};
  auto& world = context.world;
  TRY(world.effects->perform(fmt::format("drop subscription {} on {}", world.reverse_name(), world.source.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
    TRY(postgres::drop_subscription(*source, world.reverse_name(), context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind replication_start_reverse() {
  return {{.kind = "replication.start_reverse",
           .purpose = "Lets the target's writes flow back to the source, and proves it with a canary row.",
           .parameters = {},
           .facts = {{"canary_ms", "milliseconds that the canary row took from the target to the source"}},
           .changes = "a subscription on the source; a canary row",
           .undo = "drops the subscription",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          undo};
}

}  // namespace pgcleave::steps
