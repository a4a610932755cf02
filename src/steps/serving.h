// Who may write a split's moved tables now, as both sides' databases say.
#pragma once

#include <string>

#include "steps/world.h"

namespace pgcleave::steps {

// "source" (also where no fence is installed), "target", "both", "nobody", or "unknown" when a side that has a say can't be asked in time.
// A source that can't be asked has no say while the target owns. Reads only.
std::string serving(World& world, Deadline deadline);

}  // namespace pgcleave::steps
