// Who may log in from where, as a server's pg_hba.conf says it: for logins that can't be tried from the machine that
// will make them.
#pragma once

#include <string>

#include "postgres/connection.h"

namespace pgcleave::postgres {

enum class HbaVerdict { allowed, refused, unknown };

struct HbaAnswer {
  HbaVerdict verdict = HbaVerdict::unknown;
  std::string text;  // "line 97 of pg_hba.conf: reject", "no line of pg_hba.conf fits", or why it can't be told
};

// What the file says now of a TCP login with a password. The first line that fits decides. A line that may fit, such as
// one with a host name, a role's members or a regular expression, or one for TLS only, makes the answer unknown.
// `address` is an IP address.
Result<HbaAnswer> hba_answer(Connection& superuser, const std::string& database, const std::string& user,
                             const std::string& address, Deadline deadline);

}  // namespace pgcleave::postgres
