#pragma once
#include <string>

#include "lab.h"

namespace pgcleave_lab {

struct Passwords {
  std::string postgres, pgcleave, app, replicator_main, replicator_ci, rewind_main, rewind_ci, console, rest, least,
      link;
};

Passwords random_passwords();
std::string patroni_config(const Lab& lab, const Member& member, const Passwords& passwords);

// Every role that a physical copy must find on both sides, whichever side it follows later.
std::string roles_sql(const Lab& lab, const Passwords& passwords);

}  // namespace pgcleave_lab
