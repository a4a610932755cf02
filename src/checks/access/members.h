// This machine's logins to each member of both sides, and those of the role as which Patroni rewinds the target.
#pragma once

#include <vector>

#include "checks/access/access.h"

namespace pgcleave::checks {

// Members that nobody can ask are not tried: the family topology tells of them. Changes nothing.
std::vector<Login> try_member_logins(CheckContext& context);

}  // namespace pgcleave::checks
