// A change whose `set` and `where` are SQL expressions of the operator's own over the alias `row`, and over the aliases
// of `from`.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/change.h"

namespace pgcleave::data {

class RowChange : public Change {
 public:
  RowChange(std::map<std::string, std::string> set_to, std::string which = "",
            std::map<std::string, postgres::TableName> other_tables = {})
      : set(std::move(set_to)), where(std::move(which)), from(std::move(other_tables)) {}

  std::map<std::string, std::string> set;           // column as it is stored: expression
  std::string where;                                // empty: every row
  std::map<std::string, postgres::TableName> from;  // alias: table

  [[nodiscard]] std::string text(const postgres::TableName& table) const override;
  [[nodiscard]] bool marks_rows() const override { return !where.empty(); }
  [[nodiscard]] std::vector<std::string> columns() const override;
  // An expression does not parse, or is more than one: text that ends the bracket which it is put into would change
  // other rows than were meant.
  [[nodiscard]] Result<void> check() const override;
  // `set` names a column that is not there, that PostgreSQL generates, that partitions the table (the row would have to
  // move to another partition), or that is among `walked_by`: rows would move while they are walked.
  [[nodiscard]] Result<void> check_table(const Table& table, const std::vector<std::string>& walked_by) const override;
  Result<Statement> statement(postgres::Connection& connection, const Leaf& leaf, const std::string& range,
                              const std::string& row_name, Deadline deadline) override;
};

// Of a column that a change sets: `invalid` as above.
Result<void> check_column(const std::string& name, const Table& table, const std::vector<std::string>& walked_by);

}  // namespace pgcleave::data
