// Whether clients get through, measured as one of them: a login and a query through each bouncer whose pool has a
// `probe`.
#pragma once

#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

struct AskedAsClient {
  std::string bouncer;
  std::string cluster;  // cluster_name of the server that answered; empty: nobody did
  std::string problem;  // why nobody did, in one line
};

// Of all bouncers but `paused`, at once; blocks until all have answered or the deadline has passed. Changes nothing.
std::vector<AskedAsClient> ask_as_client(const World& world, const std::vector<std::string>& paused, Deadline deadline);

}  // namespace pgcleave::world
