// What is no more as the files say: members, routes, consoles, pools, tables and sequences of the split.
#pragma once

#include "world/world.h"

namespace pgcleave::init {

struct Changed {
  std::string object;  // "source main", "bouncer bouncer-1", "split ci"
  std::string what;    // one sentence without a full stop
  std::string fix;     // what to write where; may be empty
};

// Reads only. What can't be asked is one of the changes. Who leads is one only where a route names a member. Each
// address has some seconds.
std::vector<Changed> changes_since(const config::Environment& environment, const config::Split& split);

Json json_of(const Changed& changed);

}  // namespace pgcleave::init
