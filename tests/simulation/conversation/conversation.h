// The same questions and orders, put to the real products in the lab and to the fake ones of the simulation. What is
// told must be the same word for word (expected-*.txt, by version of PgBouncer), so that the simulation does not prove
// things about products that do not exist.
#pragma once

#include <string>

#include "world/world.h"

namespace pgcleave::conversation {

// A source, a standby cluster of it, bouncers that point at the source, no split installed; it ends as it began. A line
// for each exchange.
std::string converse(world::World& world);

}  // namespace pgcleave::conversation
