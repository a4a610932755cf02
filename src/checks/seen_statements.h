// What clients have asked a server, as pg_stat_statements tells.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "postgres/connection.h"

namespace pgcleave::checks {

struct SeenStatement {
  std::string id;    // queryid
  std::string user;  // "app", or "app, batch"
  std::int64_t calls = 0;
  double total_ms = 0;
  std::string text;           // constants are $1, $2 ...
  std::string calls_by_user;  // "app 120, batch 3"
};

struct SeenStatements {
  bool known = false;
  std::string why_not;             // nothing is known
  std::string fix;                 // likewise
  std::int64_t evicted = 0;        // times that the least used were thrown out: then some are not known
  std::vector<SeenStatement> all;  // by id, the most called first; without those of the session's own user
};

// Of the connection's database. Not to have the extension is no error.
Result<SeenStatements> seen_statements(postgres::Connection& connection, Deadline deadline);

}  // namespace pgcleave::checks
