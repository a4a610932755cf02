// What a job does to the rows of one range of a leaf, as one statement.
#pragma once

#include <string>
#include <vector>

#include "data/table.h"

namespace pgcleave::data {

struct Statement {
  // One row of answer: `changed` (rows); `still`: how many of those would be changed again by the same statement, and
  // so again and again; `example` names one of these. Empty: there is nothing to do in this range.
  std::string sql;
  std::string shown;  // the same for people, without rows' values
  // Rows that were chosen before it runs; those that it does not change were changed by others meanwhile. Zero: it
  // chooses by itself.
  std::int64_t chosen = 0;
};

// An error that lies in the rows, and that less of them may not have: a program's. PostgreSQL's own have their codes.
inline constexpr const char* rows_are_refused = "38000";

class Change {
 public:
  Change() = default;
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  virtual ~Change() = default;

  // All of it, the same for the same change: what a job is compared by.
  [[nodiscard]] virtual std::string text(const postgres::TableName& table) const = 0;
  // Is a row that was changed seen to be? Then passes over the table go on until one finds none.
  [[nodiscard]] virtual bool marks_rows() const = 0;
  // Of the table, that it sets.
  [[nodiscard]] virtual std::vector<std::string> columns() const = 0;
  // `invalid` without asking a server.
  [[nodiscard]] virtual Result<void> check() const = 0;
  // `invalid` for this table, walked by a key of these columns (empty: by heap).
  [[nodiscard]] virtual Result<void> check_table(const Table& table,
                                                 const std::vector<std::string>& walked_by) const = 0;
  // `range` is a condition over the alias `row`, `row_name` an expression that names a row. May read the rows.
  virtual Result<Statement> statement(postgres::Connection& connection, const Leaf& leaf, const std::string& range,
                                      const std::string& row_name, Deadline deadline) = 0;
};

// The name of the row of a range of size 1: column `name`. No row of answer: there is none.
std::string name_sql(const postgres::TableName& leaf, const std::string& range, const std::string& row_name);

}  // namespace pgcleave::data
