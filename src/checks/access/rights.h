// The least rights that the role of the environment file needs on a server, and those that it lacks there.
//
// Before PostgreSQL 16 only a superuser makes subscriptions, so nothing less is enough. Sources: the pages of
// PostgreSQL 16 to 18 on predefined roles, CREATE SUBSCRIPTION and logical replication's security; tried on 17.
#pragma once

#include <string>
#include <vector>

#include "checks/check_context.h"
#include "checks/finding.h"

namespace pgcleave::checks {

struct Right {
  std::string name;  // "SET on parameter session_replication_role"
  // The statement that gives it, to be run by a superuser in the split's database. Empty: none does, and `why` says
  // what to do instead.
  std::string grant;
  std::string why;
  bool only_reads = false;  // checks read by it, and a run does without
  bool held = false;
};

struct RightsSeen {
  std::string label;  // "source main"
  std::string role;
  std::string database;
  int version = 0;  // server_version_num
  bool superuser = false;
  bool standby = false;   // its roles and rights are its upstream's
  bool password = false;  // the environment file has replication.password for subscriptions on this side
  std::vector<Right> rights;
  std::vector<std::string> others;  // roles that log in and are this one, or members of it: clients as whom
  [[nodiscard]] std::vector<Right> missing() const;  // empty for a superuser
};

// Of tables or sequences of the split.
struct TableOwner {
  std::string name;
  std::string table;       // one of them
  bool superuser = false;  // membership of a superuser would make one
};

// `owners`: of the split's tables and sequences. None is held as far as nobody asked a server.
std::vector<Right> least_rights(int version, const std::string& role, const std::string& database,
                                const std::vector<TableOwner>& owners);

// Asks the leader in one round trip more than it takes to find the split's tables there.
Result<RightsSeen> rights_on(world::World& world, world::Side& side, Deadline deadline);

Findings judge_rights(const RightsSeen& seen);
Json json_of(const Right& right);

}  // namespace pgcleave::checks
