// ownership.take: the point of no return. From here on the other side's data is the past.
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/durability.h"

namespace pgcleave::steps {
namespace {

using fence::Owner;

Result<Observation> observe_ownership_take(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, context.world.split.name, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("owner on {} is {}", side.label(), owner ? fence::name_of(*owner) : "not installed");
  // Until the release the other side owns, and a copy here says so. The compare-and-set is what decides.
  if (owner == side.which()) seen.state = State::done;
  return seen;
}

constexpr auto patience_with_the_other_side = std::chrono::milliseconds(300);
// A standby flushes within a millisecond or two; one that stands still must not use up the budget.
constexpr auto patience_with_members = std::chrono::seconds(1);

Error failed_over(const Side& side, const std::string& how) {
  return {ErrorKind::failed,
          side.label(),
          "failed over in the window, so ownership is not taken",
          "the leader that the window began with",
          how,
          "",
          ""};
}

// A leader that came since may lack what the one before it had acknowledged: rows that the other side waits for, and
// the release. Who can't be asked is not waited for: what its clients were told had arrived here before this step, and
// clients wait.
Result<void> other_side_released(Context& context, Side& other) {
  const auto patience = context.deadline.or_earlier(Deadline::in(patience_with_the_other_side));
  for (int sessions = 1; sessions <= 2; ++sessions) {  // that the first one was lost shows only when it is used
    const auto leader = other.leader(patience);
    if (!leader) return {};
    const auto owner = fence::owner(**leader, context.world.split.name, patience);
    const auto failover = other.failover(patience);
    if (failover && !failover->empty()) return fail(failed_over(other, *failover));
    if (!owner) continue;
    if (*owner == Owner::nobody) return {};
    return fail({ErrorKind::conflict, other.label(), "does not know that ownership was released", "owner nobody",
                 *owner ? std::string("owner ") + fence::name_of(**owner) : "no owner is installed", "", ""});
  }
  return {};
}

// Else a failover of the other side could bring back what it released.
Result<void> the_release_is_durable(Context& context, const Side& other) {
  const auto& release = context.world.pending_release;
  if (!release || release->side != other.which()) return {};
  return wait_until_released(context.world, *release, context.deadline.or_earlier(Deadline::in(patience_with_members)),
                             context.stop);
}

Result<Json> apply_ownership_take(Context& context, const Json&) {
  auto& side = context.on();
  auto& world = context.world;
  TRY(world.effects->perform(fmt::format("give ownership of split {} to {}", world.split.name, side.label()),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(const auto failover, side.failover(context.deadline));
                               if (!failover.empty()) return fail(failed_over(side, failover));
                               TRY(other_side_released(context, world.other(side)));
                               TRY(the_release_is_durable(context, world.other(side)));
                               TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                               TRY(fence::pass_ownership(*leader, world.split.name, Owner::nobody, side.which(),
                                                         world.run.id, world.run.epoch, context.deadline));
                               return Json();
                             }));
  return Json::object();
}

}  // namespace

StepKind ownership_take() {
  return {{.kind = "ownership.take",
           .purpose = "Gives a side ownership of the moved tables: the point of no return of its window.",
           .parameters = {side_parameter("on", "the side that owns from now on")},
           .outputs = {},
           .changes = "the owner sequence of the split",
           .undo = "no: clients may have written; use `pgcleave rollback`, which loses no write to the moved tables",
           .undo_kind = runbook::UndoKind::impossible,
           .traits = {.takes = true, .changes = true}},
          nullptr,
          observe_ownership_take,
          apply_ownership_take,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
