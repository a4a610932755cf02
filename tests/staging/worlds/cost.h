// What a lab's servers have used of the processors, whatever else the machine does meanwhile.
#pragma once
#include "../lab/lab.h"

namespace pgcleave_worlds {

double processor_seconds(const pgcleave_lab::Lab& lab);  // of what still runs, and of its children that have ended

}  // namespace pgcleave_worlds
