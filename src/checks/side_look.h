// One side as the families schema and workload look at it: its session, its tables by part, and what reaches what.
#pragma once

#include <optional>

#include "checks/look.h"
#include "checks/reach.h"

namespace pgcleave::checks {

struct SideLook {
  steps::Side* side = nullptr;
  postgres::Connection* session = nullptr;
  bool standby = false;
  steps::SplitTables tables;
};

// An error when neither can be looked at; of one that can't the family fence tells.
struct BothSides {
  std::optional<SideLook> source;
  std::optional<SideLook> target;

  // Where the moved tables live: the target once it takes writes, else the source; a standby where that is all there is.
  [[nodiscard]] const SideLook& home() const;
  // Those that take DDL of their own; at least one.
  [[nodiscard]] std::vector<const SideLook*> with_own_catalog() const;
};
Result<BothSides> look_at_both(Look& look);

}  // namespace pgcleave::checks
