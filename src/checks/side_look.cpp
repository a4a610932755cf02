#include "checks/side_look.h"

#include "postgres/wal.h"

namespace pgcleave::checks {
namespace {

Result<SideLook> open_side(Look& look, steps::Side& side) {
  SideLook seen;
  seen.side = &side;
  TRY_ASSIGN(seen.session, look.session(side));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*seen.session, look.deadline()));
  seen.standby = recovery.in_recovery;
  TRY_ASSIGN(auto tables, steps::tables_on(look.world(), side, look.deadline()));
  seen.tables = std::move(tables.split);
  return seen;
}

}  // namespace

Result<BothSides> look_at_both(Look& look) {
  auto source = open_side(look, look.world().source);
  auto target = open_side(look, look.world().target);
  if (!source && !target) return fail(source.error());
  BothSides both;
  if (source) both.source = std::move(*source);
  if (target) both.target = std::move(*target);
  return both;
}

const SideLook& BothSides::home() const {
  if (target && (!target->standby || !source)) return *target;
  return *source;
}

std::vector<const SideLook*> BothSides::with_own_catalog() const {
  std::vector<const SideLook*> sides;
  for (const auto* side : {&source, &target}) {
    if (*side && !(*side)->standby) sides.push_back(&**side);
  }
  if (sides.empty()) sides.push_back(&home());
  return sides;
}

}  // namespace pgcleave::checks
