// What is true now, as people are told it at the end of everything: who owns, and whether clients get through.
#pragma once

#include <string>

#include "world/serving.h"

namespace pgcleave::engine {

// Who may write the moved tables now. Unknown also where the source serves by its own word and is a standby.
world::Serving serving(world::World& world);

// The same in a sentence, and whether clients get through. `again`: what a command needs besides its name.
std::string describe_state(world::World& world, world::Serving serves, const std::string& again);

}  // namespace pgcleave::engine
