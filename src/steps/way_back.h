// Would a rollback lose writes? Asked before a rollback's window, and by `pgcleave status` for as long as the target serves, so that it is
// known before it is needed.
#pragma once

#include <string>
#include <vector>

#include "base/units.h"
#include "steps/world.h"

namespace pgcleave::steps {

struct WayBack {
  bool worker = false;                     // an apply worker runs on the source
  Bytes lag;                               // WAL of the target that the source has not worked through
  Bytes held;                              // WAL that the slot holds on the target
  std::int64_t apply_errors = 0;           // since the subscription was made
  std::vector<std::string> losses;         // why a rollback would lose writes, and which; empty: it would not
  [[nodiscard]] std::string text() const;  // one line for people, without the losses
};

// Reads only. An error: it could not be looked at.
Result<WayBack> look_at_way_back(World& world, Deadline deadline);

}  // namespace pgcleave::steps
