// replication.start_reverse: the source subscribes to the target. Apply workers run as replica role and pass the fence.
// Where the publication is open already a canary row proves it; where replication.reverse opens it later,
// replication.prove_reverse does.
#include "base/format.h"
#include "fence/canary.h"
#include "fence/ownership.h"
#include "postgres/identity.h"
#include "postgres/replication.h"
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

std::string start_token(const World& world) {
  return world.run.id + " way back";
}

Result<std::string> timeline_of(postgres::Connection& leader, Deadline deadline) {
  TRY_ASSIGN(const auto identity, postgres::identify(leader, deadline));
  return std::to_string(identity.timeline);
}

bool proves(const Context& context) {
  return context.with.value("prove", true);
}

Result<Observation> observe_replication_start_reverse(Context& context) {
  auto& world = context.world;
  const auto link = reverse_link(world);
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, link.name, context.deadline));
  Observation seen;
  seen.before = {{"existed", subscription.has_value()}};
  if (!subscription) {
    seen.evidence = "no subscription";
    return seen;
  }
  seen.evidence = fmt::format("subscription {}, worker {}", subscription->enabled ? "enabled" : "disabled",
                              subscription->worker ? "runs" : "does not run");
  bool arrived = true;
  if (proves(context)) {
    TRY_ASSIGN(arrived, fence::canary_arrived(*source, link.canary, start_token(world), context.deadline));
    seen.evidence += arrived ? ", canary arrived" : ", canary did not arrive";
  }
  if (subscription->enabled && subscription->worker && arrived) seen.state = State::done;
  TRY_ASSIGN(seen.outputs["timeline"], timeline_of(*source, context.deadline));
  return seen;
}

Result<Json> until_it_runs(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY_ASSIGN(auto* target, link.from.leader(context.deadline));
  auto runs =
      wait_until("a worker of " + link.name + " reads its slot", context.deadline, std::chrono::milliseconds(20),
                 context.stop, [&]() -> Result<bool> {
                   TRY_ASSIGN(const auto subscription,
                              postgres::subscription(*source, link.name, context.deadline.for_one_read()));
                   TRY_ASSIGN(const auto slot, postgres::slot(*target, link.name, context.deadline.for_one_read()));
                   return subscription && subscription->worker && slot && slot->active;
                 });
  if (runs) return Json();
  runs.error().object = link.name;
  runs.error().hint =
      "look into PostgreSQL's log on " + link.to.label() + ": it must be able to log in at " + link.from.label();
  return fail(runs.error());
}

// The undo of a window whose target could not be told to close its publication (replication.reverse) disables the
// subscription and opens forward replication. What the source sent since then has passed the open publication, and the
// slot would send it back: the source has these rows, and its worker would stop at the first. As long as the target has
// not owned the tables the slot holds nothing that a client wrote there, so it is made anew, behind a closed
// publication.
Result<void> forget_what_came_meanwhile(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, link.name, context.deadline));
  if (!subscription || subscription->enabled || subscription->slot != link.name) return {};
  TRY_ASSIGN(auto* target, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*target, context.world.split.name, context.deadline));
  if (owner == fence::Owner::target) return {};
  TRY_ASSIGN(const auto publication, postgres::publication(*target, link.name, context.deadline));
  if (publication && publication->open) TRY(open_link(context, link, false));
  TRY(unsubscribe(context, link));
  TRY(drop_slot(context, link));
  TRY(create_slot(context, link));
  return {};
}

Result<Json> apply_replication_start_reverse(Context& context, const Json&) {
  auto& world = context.world;
  const auto link = reverse_link(world);
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY_ASSIGN(const auto timeline, timeline_of(*source, context.deadline));
  if (!proves(context)) TRY(forget_what_came_meanwhile(context, link));
  TRY(subscribe(context, link, [] { return std::optional<Lsn>(); }));
  if (!proves(context)) {
    TRY(world.effects->perform(fmt::format("wait until {} reads the slot on {}", link.to.label(), link.from.label()),
                               [&] { return until_it_runs(context, link); }));
    return Json{{"canary_ms", nullptr}, {"timeline", timeline}};
  }
  TRY_ASSIGN(const auto told,
             world.effects->perform(
                 fmt::format("write a canary row on {} and wait for it on {}", link.from.label(), link.to.label()),
                 [&]() -> Result<Json> {
                   TRY_ASSIGN(const auto took, send_canary(context, link, start_token(world)));
                   return Json{{"canary_ms", took}};
                 }));
  return Json{{"canary_ms", told.is_object() ? told.value("canary_ms", Json()) : Json()}, {"timeline", timeline}};
}

Result<void> undo_replication_start_reverse(Context& context, const Json& before, const Json&) {
  if (before.value("existed", false)) return {};
  return unsubscribe(context, reverse_link(context.world));
}

}  // namespace

StepKind replication_start_reverse() {
  return {{.kind = "replication.start_reverse",
           .purpose = "Lets the target's writes flow back to the source, and proves it with a canary row.",
           .parameters = {{"prove",
                           runbook::Type::boolean,
                           true,
                           false,
                           "false: its publication is still closed, so only that the worker runs",
                           {}}},
           .outputs = {{"canary_ms", "milliseconds that the canary row took from the target to the source"},
                       {"timeline", "the source's when its rows began to come, for check.discarded_writes"}},
           .changes = "a subscription on the source; a canary row",
           .undo = "drops the subscription",
           .traits = {.changes = true}},
          nullptr,
          observe_replication_start_reverse,
          apply_replication_start_reverse,
          undo_replication_start_reverse};
}

}  // namespace pgcleave::steps
