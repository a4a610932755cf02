// The least rights that pgcleave's role needs on each side, as SQL to be run there by a superuser.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/access/rights.h"

namespace pgcleave::app {

struct SideGrants {
  std::string label;   // "source main"
  std::string unseen;  // why nobody could be asked there; `seen` is empty then
  checks::RightsSeen seen;
  bool asked = true;  // false: by the version that was named; owners of tables are found out by the SQL itself
};

// Both sides' leaders, asked for 5 s at most. Changes nothing.
std::vector<SideGrants> grants_of(const config::Environment& environment, const config::Split& split);
// For a server that the role can't log in to yet: asks nobody. `major`: 15, 16, ...
std::vector<SideGrants> grants_for(const config::Environment& environment, int major);

// What psql runs. Comments say what it is for; with `missing_only` rights that are held are left out.
std::string sql_of(const SideGrants& side, bool missing_only);
Json json_of(const SideGrants& side);

}  // namespace pgcleave::app
