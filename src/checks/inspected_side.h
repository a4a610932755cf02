// One side as the families schema and workload look at it: its session, its tables by part, and what reaches what.
#pragma once

#include <optional>

#include "checks/check_context.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct InspectedSide {
  world::Side* side = nullptr;
  postgres::Connection* session = nullptr;
  bool standby = false;
  world::SplitTables tables;
};

// An error when neither can be looked at; of one that can't the family fence tells.
struct BothSides {
  std::optional<InspectedSide> source;
  std::optional<InspectedSide> target;

  // Where the moved tables live: the target once it takes writes, else the source; a standby where that is all there
  // is.
  [[nodiscard]] const InspectedSide& home() const;
  // Those that take DDL of their own; at least one.
  [[nodiscard]] std::vector<const InspectedSide*> with_own_catalog() const;
};
Result<BothSides> inspect_both(CheckContext& context);

}  // namespace pgcleave::checks
