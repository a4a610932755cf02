// After a split: what still uses the tables that a cleanup would empty.
#pragma once

#include "checks/check_context.h"
#include "checks/finding.h"
#include "world/stale_half.h"

namespace pgcleave::checks {

// Of one half. A warning for `check`, which nobody asked to empty anything; check.truncation stops at it.
Result<Findings> uses_of(const world::Half& of, const world::StaleHalf& half, Deadline deadline);

// Of both, once the target serves; before, nothing is stale.
Result<Findings> inspect_stale_halves(CheckContext& context);

}  // namespace pgcleave::checks
