// Transactions that have not ended.
#pragma once

#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::postgres {

// Those that have written something, oldest first: a line for people each, without the query's text.
Result<std::vector<std::string>> oldest_transactions(Connection& connection, int limit, Deadline deadline);

}  // namespace pgcleave::postgres
