// What makes a change of many rows of a table heavier than it has to be, for people: read from the catalog and the
// statistics before a job begins. Only reads.
#pragma once

#include <string>
#include <vector>

#include "data/table.h"

namespace pgcleave::data {

// A sentence for each: indexes over the columns that are changed (no update is HOT then), blocks without room for HOT
// updates, triggers that fire for each row, large indexes that no query has used, transactions that keep dead rows from
// being freed. `columns`: that are set.
Result<std::vector<std::string>> burdens(postgres::Connection& connection, const Table& table,
                                         const std::vector<std::string>& columns, Deadline deadline);

}  // namespace pgcleave::data
