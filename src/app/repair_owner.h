// After a failover that lost a release or a take both sides own, or none does: says which side is right and why, and
// makes it so; also makes good what Patroni was not told. What is seen and what it means is in
// steps/ownership/owner_repair.h; here is what a person may decide, and in which order things are asked and written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/meant_run.h"
#include "steps/ownership/owner_repair.h"

namespace pgcleave::app {

// What a person decided: a side, and the words that name what that gives up.
struct Decision {
  std::optional<fence::Owner> side;
  std::string words;
};

struct OwnerRepair {
  steps::RepairSeen seen;
  steps::Repair repair;
  std::vector<std::string> written;      // what the side that was wrong took
  std::vector<std::string> not_durable;  // members that do not have it yet
  std::string witness_error;
  std::vector<std::string> commands;  // that decide
};

// Changes nothing where a person has to decide first (`repair.must_decide`). Before it changes an owner it signs both
// sides, so that requests still in flight are rejected, and looks again. Errors: nothing was changed, or what was not
// is done by the next call.
Result<OwnerRepair> repair_owner(journal::Journal& journal, const RunNamed& named,
                                 const config::Environment& environment, const Decision& decision);

}  // namespace pgcleave::app
