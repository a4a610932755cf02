#pragma once

#include "base/deadline.h"

namespace pgcleave {

// What this process has used of all processors together so far, with all its threads and without its children.
Duration cpu_time();

}  // namespace pgcleave
