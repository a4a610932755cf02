// What must be right of each PgBouncer: its process, its timeouts against the budget, its file, and where it points.
// Asks nobody.
#pragma once

#include "base/deadline.h"
#include "checks/finding.h"
#include "pgbouncer/inspection.h"

namespace pgcleave::checks {

struct BouncersSeen {
  std::vector<pgbouncer::Inspection> bouncers;
  pgbouncer::Route route;  // where they must point now
  std::string serving;     // "source main"
  Duration budget{};
  std::string database;  // that is split; "" where no side could be asked
};

Findings judge_bouncers(const BouncersSeen& seen);

// Settings whose value in the file is not what runs, so that the RELOAD in a window would change them too: "pool_mode:
// session in the file, transaction runs". Only those that RELOAD puts in force.
std::vector<std::string> reload_would_change(const pgbouncer::Inspection& bouncer);

}  // namespace pgcleave::checks
