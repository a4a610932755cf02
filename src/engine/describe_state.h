// What is true now, as people are told it at the end of everything: who owns, and whether clients get through.
#pragma once

#include <string>

#include "steps/world.h"

namespace pgcleave::engine {

// Who may write the moved tables now: source, target, both, nobody or unknown.
std::string serving(steps::World& world);

// The same in a sentence, and whether clients get through. `again`: what a command needs besides its name.
std::string describe_state(steps::World& world, const std::string& serves, const std::string& again);

}  // namespace pgcleave::engine
