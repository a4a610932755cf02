// A change of ownership is durable when every member that Patroni may promote has it on disk. Else a failover would
// bring it back.
#pragma once

#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

// All members of a side but the leader that stream. One that does not stream, and says that this side owns, is refused
// (`not_ready`), and so is one that can't be asked. Left out is one that says otherwise, such as one that has not
// followed a promotion yet, and one that Patroni never promotes (`nofailover`).
Result<std::vector<MemberToTell>> members_to_tell(World& world, Side& side, Deadline deadline);

// Returns when each of them has the release on disk, by what the leader knows of them or, where it can't be asked, by
// what they say themselves. `failed` with who has not.
Result<void> wait_until_released(World& world, const PendingRelease& release, Deadline deadline, const StopFlag* stop);

// The other members of a side that Patroni may promote, and that say something else than the leader of who owns: "ci-2
// says source". Empty when the fence is not installed, and on a standby. Opens a session to each: not in a window.
Result<std::vector<std::string>> not_durable_on(World& world, Side& side, Deadline deadline);

// The other members that Patroni may promote and that have not flushed what the leader has written by now; empty on a
// standby.
Result<std::vector<std::string>> wait_until_flushed_by_members(Side& side, Deadline deadline, const StopFlag* stop);

// not_durable_on() until nobody is left: who is left.
std::vector<std::string> wait_until_durable(World& world, Side& side, Deadline deadline, const StopFlag* stop);

}  // namespace pgcleave::world
