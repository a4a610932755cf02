// Kinds that change something, and whose failure past the point of no return is a miss all the same, as that of a check
// is: what they change is made good later.
#pragma once

#include <string>

namespace pgcleave::steps {

bool may_be_missed(const std::string& kind);

}  // namespace pgcleave::steps
