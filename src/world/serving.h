// Who may write a split's moved tables now, as both sides' databases say.
#pragma once

#include <optional>
#include <string>

#include "world/world.h"

namespace pgcleave::world {

enum class Serving { source, target, both, nobody, unknown };
const char* name_of(Serving serving);
std::optional<Serving> serving_named(const std::string& text);
// The side that serves, if one alone does.
std::optional<SideName> side_of(Serving serving);

// The source also where no fence is installed; unknown when a side that has a say can't be asked in time. A source that
// can't be asked has no say while the target owns. Reads only.
Serving serving(World& world, Deadline deadline);

}  // namespace pgcleave::world
