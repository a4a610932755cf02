#include "checks/check_context.h"

namespace pgcleave::checks {

Result<postgres::Connection*> CheckContext::session(world::Side& side) {
  TRY_ASSIGN(auto* leader, side.leader(deadline_));
  TRY(leader->simple("SET default_transaction_read_only TO on", deadline_));
  return leader;
}

Duration CheckContext::budget() const {
  if (asked_.budget) return *asked_.budget;
  const auto budget = asked_.change == nullptr ? 0 : budget_ms(*asked_.change, runbook::PhaseKind::window);
  return budget > 0 ? std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(budget))
                    : std::chrono::seconds(5);
}

Stage stage_of(const StageSeen& seen) {
  if (!seen.target_seen) return Stage::unknown;
  if (seen.target_in_recovery) return Stage::standby;
  if (seen.owner_on_target == fence::Owner::target) return Stage::split;
  return seen.promoted_by_run ? Stage::promoted : Stage::promoted_by_others;
}

}  // namespace pgcleave::checks
