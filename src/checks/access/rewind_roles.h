// Who could be the role as which Patroni rewinds, and what it lacks. Patroni tells its name to nobody.
#pragma once

#include <string>
#include <vector>

#include "checks/access/access.h"
#include "postgres/connection.h"

namespace pgcleave::checks {

// Rights to functions are the database's own, and Patroni rewinds through its `postgresql.database`, by default this
// one (3.0 to 4.0).
constexpr auto patronis_database = "postgres";

struct RewindRole {
  std::string name;
  std::vector<std::string> lacks;  // functions that pg_rewind calls
  std::string no_login;            // why it can't log in from anywhere; "" = nothing stands against it
};

// Roles that can log in, are no superuser, and have "rewind" in their name or may execute one of the functions that
// pg_rewind calls. `superuser` is a session in Patroni's database; a standby has its upstream's roles.
Result<std::vector<RewindRole>> rewind_roles(postgres::Connection& superuser, Deadline deadline);

// What one member's pg_hba.conf says to a role that comes from another member.
struct RewindWay {
  std::string member, address;  // that logs in
  bool of_target = false;       // a member of the side that would be rewound
  bool refused = false;
  std::string text;  // "line 97 of pg_hba.conf: reject"
};

struct RewindSeen {
  std::string source, target;  // "source main", "target ci"
  std::string member;          // of the source, which is logged in to
  RewindRole role;
  std::vector<RewindWay> ways;
  bool others_get_in = false;  // another such role gets in from each member of the target
};

// The login of one role to one member of the source from the target's servers. It is never `works`: its password is
// known to Patroni alone. A role that gets in from the source's own members only, while another one gets in from the
// target's, is the source's and no finding.
Login rewind_login(const RewindSeen& seen);
// Whether that role may execute what pg_rewind calls.
Login rewind_rights(const std::string& side, const RewindRole& role);

}  // namespace pgcleave::checks
