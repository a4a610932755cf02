#pragma once
#include "lab.h"

namespace pgcleave_lab {

// Ends every process of the lab, also frozen ones and those that a half-done `up` left, then removes the folder.
int down(const Lab& lab, bool keep_folder);

}  // namespace pgcleave_lab
