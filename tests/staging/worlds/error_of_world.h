// The lab's way to fail, under this program's name.
#pragma once
#include "../lab/error.h"

namespace pgcleave_worlds {
using pgcleave_lab::fail;
}  // namespace pgcleave_worlds
