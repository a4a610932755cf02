// A cluster that was made a standby again is whole when each of its members follows. Patroni rewinds them one after the
// other; one that it can't, it says nothing of, and the next promotion leaves it behind.
#pragma once

#include "steps/step.h"
#include "world/cluster_members.h"

namespace pgcleave::steps {

// Waits until every member follows the leader, on its timeline and without stale history, until the step's time is over
// at most. A member that does not come by itself is reinitialized by Patroni, unless with.reclone is "never": never the
// leader, never one that is writable or can't be asked for another reason than its recovery, and only while the leader
// is a standby that streams. One effect; may be called again. Outputs: reinitialized (names), left_behind (a sentence
// for each member that does not follow, with the command that fixes it).
Result<Json> bring_members_along(Context& context, Side& cluster);

// Of a cluster whose leader streams: done when all members follow; else pending and not lasting, since one that is left
// behind is told, and is no failure.
Observation observe_members(Context& context, Side& cluster, Observation attached);

// "member ci-2 of target ci is on ...; fix it with: patronictl reinit ci ci-2"
std::string left_behind(const Side& cluster, const world::MemberSeen& member);

}  // namespace pgcleave::steps
