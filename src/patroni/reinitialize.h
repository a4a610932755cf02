// Having one member's data thrown away and copied from its cluster's leader, by its own Patroni.
#pragma once

#include "patroni/cluster.h"

namespace pgcleave::patroni {

// What a member's own Patroni says that it does at this moment: "running", "starting", "creating replica" while it
// copies. GET /cluster follows up to loop_wait later.
Result<std::string> state_of(const Access& access, const Member& member, Deadline deadline);
constexpr const char* being_copied = "creating replica";

// POST /reinitialize, forced. Returns as soon as it has begun, or was under way already. `not_ready`: it refuses, as a
// leader does, or is at work on something else. Not to be sent again while the member is being copied: that would begin
// the copy anew.
Result<void> reinitialize(const Access& access, const Member& member, Deadline deadline);

}  // namespace pgcleave::patroni
