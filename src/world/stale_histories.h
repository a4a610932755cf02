// Which timeline history files keep a member from following its leader, now or when the leader is promoted next.
#pragma once

#include <string>
#include <vector>

#include "postgres/histories.h"

namespace pgcleave::world {

// Names of files that the member has, and that tell of timelines outside of its leader's history. Asks nobody. The
// leader itself is judged as a member of its own.
std::vector<std::string> stale_histories(const postgres::Histories& member, const postgres::Histories& leader);

}  // namespace pgcleave::world
