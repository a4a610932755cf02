// Does a side's leader follow another server? A standby owns nothing, whatever is stored on it.
#pragma once

#include "world/side.h"

namespace pgcleave::world {

// False also where it can't be asked.
bool is_standby(Side& side, Deadline deadline);

}  // namespace pgcleave::world
