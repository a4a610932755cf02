// replication.stop_reverse: after a rollback the way back has done its work. Subscription first, then the slot, so that nothing
// hangs on the other side.
#include "base/format.h"
#include "postgres/replication.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, world.reverse_name(), context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*target, world.reverse_name(), context.deadline));
  Observation seen;
  seen.evidence = fmt::format("{} subscription, {} slot", subscription ? "a" : "no", slot ? "a" : "no");
  if (!subscription && !slot) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  TRY(world.effects->perform(fmt::format("drop subscription {} on {}", world.reverse_name(), world.source.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
    TRY(postgres::drop_subscription(*source, world.reverse_name(), context.deadline));
    return Json();
  }));
  TRY(world.effects->perform(fmt::format("drop logical slot {} on {}", world.reverse_name(), world.target.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
    TRY(postgres::drop_slot(*target, world.reverse_name(), context.deadline));
    return Json();
  }));
  return Json::object();
}

}  // namespace

StepKind replication_stop_reverse() {
  return {{.kind = "replication.stop_reverse",
           .purpose = "Ends the replication from the target to the source: subscription and slot.",
           .parameters = {},
           .facts = {},
           .changes = "drops the subscription on the source and the slot on the target",
           .undo = "no: what the target writes from now on would be missing on the source",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
