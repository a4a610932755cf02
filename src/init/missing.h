// What is still missing on servers and in files, as far as it can be read without changing anything: what, where, and
// the lines to put there.
#pragma once

#include "init/found.h"
#include "world/world.h"

namespace pgcleave::init {

struct Missing {
  std::string what;   // one sentence without a full stop
  std::string where;  // a file, on which host
  std::vector<std::string> lines;
};

// Passwords, admin_users, pg_hba.conf for the servers' logins to each other, and a target that follows nobody. Rights
// are told by `pgcleave grants`, all else by `pgcleave check` and `doctor`. What can't be asked is left out.
std::vector<Missing> missing_in(const Asked& asked, const Found& found, world::World& world, Deadline deadline);

Json json_of(const Missing& missing);

}  // namespace pgcleave::init
