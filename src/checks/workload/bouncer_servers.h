// The server connections of the bouncers in front of the moved tables: who on a server comes through them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "checks/sessions.h"
#include "pgbouncer/fleet.h"

namespace pgcleave::checks {

class BouncerServers {
 public:
  // Opens a console on each. One that can't be asked is in problems(), and then nobody can be said to go round the
  // bouncers.
  BouncerServers(const std::vector<pgbouncer::BouncerSpec>& bouncers, Deadline deadline);
  // SHOW SERVERS on all, between two samples of the servers' sessions: `sample` is the number of the one before.
  void read(int sample, Deadline deadline);

  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] bool have(const Session& session) const;
  // It was there before and after one of the looks, so that it would have been in it.
  [[nodiscard]] bool would_have(const Session& session) const;
  [[nodiscard]] bool empty() const { return addresses_.empty() && pids_.empty(); }

 private:
  std::vector<pgbouncer::Console> consoles_;
  std::vector<std::string> databases_;
  std::vector<std::string> problems_;
  std::set<std::string> addresses_;  // of the bouncers' ends
  std::set<int> pids_;               // of servers that are reached by socket
  std::vector<int> looks_;
};

}  // namespace pgcleave::checks
