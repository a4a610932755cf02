// Where clients will land when the bouncers are repointed: does the new route lead to the new side's leader, and may
// each user of the pool log in there? Asks nobody.
#pragma once

#include <map>
#include <optional>

#include "checks/finding.h"
#include "pgbouncer/config_file.h"

namespace pgcleave::checks {

struct RoleSeen {
  bool may_log_in = false;
  bool may_connect = false;                  // to the pool's database
  bool expired = false;                      // VALID UNTIL has passed
  std::optional<std::string> verifier = "";  // a hash of the stored verifier; "" when it has none; none: not seen
};

struct LoginSeen {
  bool tried = false;    // false: no password is known to us
  bool answered = true;  // false: no server answered
  std::string refused;   // what it said; "" when we were let in
};

struct RouteSeen {
  std::string database;  // on the server
  std::string label;     // "target ci": the side that the bouncers do not point at now
  std::string scope;
  std::string serving;  // "source main"
  pgbouncer::Route route;
  bool in_recovery = false;  // that side's leader
  bool from_here = true;     // false: the route is each bouncer's own machine, and none is this one

  // By the route, as the user of the environment file.
  std::string unanswered;  // why nobody answered
  std::string refused;     // a server answered, and refused
  std::string cluster_name;
  std::string started, leader_started;  // when the postmaster behind the route, and the leader's, started

  std::vector<std::string> pool_users;          // who comes through the bouncers
  std::vector<std::string> known_users;         // who could
  std::map<std::string, RoleSeen> here, there;  // on the side that serves, on the new one
  std::map<std::string, LoginSeen> logins;
};

Findings judge_route(const RouteSeen& seen);

}  // namespace pgcleave::checks
