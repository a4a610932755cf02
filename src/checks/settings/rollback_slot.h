// Would the rollback path survive a failover of the target (PostgreSQL 17 and later)? Asks nobody.
#pragma once

#include <optional>

#include "checks/finding.h"
#include "checks/server_seen.h"
#include "world/slot_copies.h"

namespace pgcleave::checks {

struct RollbackSlotSeen {
  const ServerSeen& target;
  std::string slot;                         // pgcleave_<split>_reverse
  std::optional<world::SlotCopies> copies;  // no value: not asked
};

Findings judge_rollback_slot(const RollbackSlotSeen& seen, Stage stage);

}  // namespace pgcleave::checks
