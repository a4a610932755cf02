// Who could be the role as which Patroni rewinds, and what it lacks. Patroni tells its name to nobody.
#pragma once

#include <string>
#include <vector>

#include "checks/look.h"

namespace pgcleave::checks {

struct RewindRole {
  std::string name;
  std::vector<std::string> lacks;  // functions that pg_rewind calls
};

// Those that lack something. The side's leader must not be in recovery: a standby has its upstream's roles.
Result<std::vector<RewindRole>> look_at_rewind_roles(Look& look, steps::Side& side);

}  // namespace pgcleave::checks
