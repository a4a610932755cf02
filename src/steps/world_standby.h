// Does a side's leader follow another server? A standby owns nothing, whatever is stored on it.
#pragma once

#include "steps/side.h"

namespace pgcleave::steps {

// False also where it can't be asked.
bool is_standby(Side& side, Deadline deadline);

}  // namespace pgcleave::steps
