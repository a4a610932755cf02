// Row security that would keep an apply worker from a moved table. Judging asks nobody.
#pragma once

#include "checks/finding.h"
#include "postgres/applying.h"

namespace pgcleave::checks {

struct RowSecuritySeen {
  std::string side;  // "source main"
  int version = 0;   // server_version_num
  std::string role;  // that owns subscriptions there: ours
  postgres::RowSecurity of_moved;
};

Findings judge_row_security(const RowSecuritySeen& seen);

}  // namespace pgcleave::checks
