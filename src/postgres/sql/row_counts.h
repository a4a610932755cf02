// How many rows tables hold, for people.
#pragma once

#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct RowCount {
  TableName name;
  std::int64_t rows = 0;
  bool exact = true;  // false: of a large table, as the planner estimates it
};

// Of those that are there; a table and nothing that inherits from it. Large ones are counted only where they were never
// analyzed.
Result<std::vector<RowCount>> row_counts(Connection& connection, const std::vector<TableName>& tables,
                                         Deadline deadline);

// "1 row", "1000 rows", "about 5000000 rows"
std::string rows_in_words(std::int64_t rows, bool exact);

}  // namespace pgcleave::postgres
