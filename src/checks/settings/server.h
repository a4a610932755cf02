// What must be right of one side's settings for a promotion and for the rollback. Asks nobody.
#pragma once

#include "checks/finding.h"
#include "checks/server_seen.h"

namespace pgcleave::checks {

// What will have to fit into a side's limits.
struct Demand {
  long long largest_index_bytes = 0;  // of the moved tables
  std::string largest_index;
  int bouncers = 0;
  int connections_now = 0;   // that all bouncers hold to the side that serves
  int connections_most = 0;  // that they may open
};

Findings judge_server(const ServerSeen& server, Stage stage, const Demand& demand, Duration budget);

}  // namespace pgcleave::checks
