#pragma once
#include "lab.h"

namespace pgcleave_lab {

int status(const Lab& lab, bool as_json);  // 1 if anything is dead

}  // namespace pgcleave_lab
