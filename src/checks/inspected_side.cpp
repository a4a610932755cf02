#include "checks/inspected_side.h"

#include "postgres/wal.h"

namespace pgcleave::checks {
namespace {

Result<InspectedSide> open_side(CheckContext& context, world::Side& side) {
  InspectedSide seen;
  seen.side = &side;
  TRY_ASSIGN(seen.session, context.session(side));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*seen.session, context.deadline()));
  seen.standby = recovery.in_recovery;
  TRY_ASSIGN(auto tables, world::tables_on(context.world(), side, context.deadline()));
  seen.tables = std::move(tables.split);
  return seen;
}

}  // namespace

Result<BothSides> inspect_both(CheckContext& context) {
  auto source = open_side(context, context.world().source);
  auto target = open_side(context, context.world().target);
  if (!source && !target) return fail(source.error());
  BothSides both;
  if (source) both.source = std::move(*source);
  if (target) both.target = std::move(*target);
  return both;
}

const InspectedSide& BothSides::home() const {
  if (target && (!target->standby || !source)) return *target;
  return *source;
}

std::vector<const InspectedSide*> BothSides::with_own_catalog() const {
  std::vector<const InspectedSide*> sides;
  for (const auto* side : {&source, &target}) {
    if (*side && !(*side)->standby) sides.push_back(&**side);
  }
  if (sides.empty()) sides.push_back(&home());
  return sides;
}

}  // namespace pgcleave::checks
