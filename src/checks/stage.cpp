#include "checks/stage.h"

namespace pgcleave::checks {

Stage stage_of(const StageSeen& seen) {
  if (!seen.target_seen) return Stage::unknown;
  if (seen.target_in_recovery) return Stage::standby;
  if (seen.owner_on_target == fence::Owner::target) return Stage::split;
  return seen.promoted_by_run ? Stage::promoted : Stage::promoted_by_others;
}

}  // namespace pgcleave::checks
