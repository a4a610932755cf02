// ownership.take: the point of no return. From here on the other side's data is the past.
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

using postgres::Owner;

Result<Observation> observe(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, postgres::owner(*leader, context.world.split.name, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("owner on {} is {}", side.label(), owner ? postgres::name_of(*owner) : "not installed");
  // Until the release the other side owns, and a copy here says so. The compare-and-set is what decides.
  if (owner == side.which()) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  auto& side = context.on();
  auto& world = context.world;
  TRY(world.effects->perform(fmt::format("give ownership of split {} to {}", world.split.name, side.label()), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, side.leader(context.deadline));
    TRY(postgres::pass_ownership(*leader, world.split.name, Owner::nobody, side.which(), world.run.id, world.run.epoch, context.deadline));
    return Json();
  }));
  return Json::object();
}

}  // namespace

StepKind ownership_take() {
  return {{.kind = "ownership.take",
           .purpose = "Gives a side ownership of the moved tables: the point of no return of its window.",
           .parameters = {side_parameter("on", "the side that owns from now on")},
           .facts = {},
           .changes = "the owner sequence of the split",
           .undo = "no: clients may have written; use `pgcleave rollback`, which loses no write",
           .meaning = {.takes = true, .changes = true}},
          nullptr,
          observe,
          apply,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
