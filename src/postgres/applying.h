// What decides on either side of a link whether rows are sent, and whether they can be applied. Reads only.
#pragma once

#include <string>
#include <vector>

#include "postgres/connection.h"
#include "postgres/sql/subscription_options.h"

namespace pgcleave::postgres {

// Replication that writes some of these tables on this server, in words: "subscription feed" for one of the database,
// "replication origin x" for an origin of no subscription, whose tables nobody knows. `own`: subscriptions that don't
// count.
Result<std::vector<std::string>> other_origins(Connection& publisher, const std::vector<TableName>& tables,
                                               const std::vector<std::string>& own, Deadline deadline);

// Of these tables, as the session's role meets it.
Result<RowSecurity> row_security(Connection& subscriber, const std::vector<TableName>& tables, Deadline deadline);

}  // namespace pgcleave::postgres
