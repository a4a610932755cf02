// Columns of tables, as far as logical replication cares: it matches them by name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

using Columns = std::map<std::string, std::string>;  // name -> type, such as "numeric(20,2)"

// By table; generated columns are left out, since they are not replicated. A table that isn't there has no entry.
Result<std::map<TableName, Columns>> columns(Connection& connection, const std::vector<TableName>& tables,
                                             Deadline deadline);

}  // namespace pgcleave::postgres
