// What a job does to rows: `set` and `where` are SQL expressions of the operator's own over the alias `row`, and over
// the aliases of `from`. Pure, but for check_columns.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/table.h"

namespace pgcleave::data {

struct RowChange {
  std::map<std::string, std::string> set;           // column as it is stored: expression
  std::string where;                                // empty: every row
  std::map<std::string, postgres::TableName> from;  // alias: table

  // All of it, the same for the same change: what a job is compared by.
  [[nodiscard]] std::string text() const;
};

// `invalid` when an expression does not parse, or is more than one: text that ends the bracket which it is put into
// would change other rows than were meant.
Result<void> check_expressions(const RowChange& change);

// `invalid` when `set` names a column that is not there, that PostgreSQL generates, that partitions the table (the row
// would have to move to another partition), or that is among `walked_by`: rows would move while they are walked.
Result<void> check_columns(const RowChange& change, const Table& table, const std::vector<std::string>& walked_by);

// Changes the rows of a range of a leaf that match. One row of answer: `changed`, and `still`: how many of those match
// `where` even now, and would be changed again and again; `example` names one of these by `row_name`.
std::string update_sql(const RowChange& change, const postgres::TableName& leaf, const std::string& range,
                       const std::string& row_name);

// The name of the row of a range of size 1: column `name`. No row of answer: there is none.
std::string name_sql(const postgres::TableName& leaf, const std::string& range, const std::string& row_name);

}  // namespace pgcleave::data
