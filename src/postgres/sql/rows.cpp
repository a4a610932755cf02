#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {
namespace {

[[noreturn]] void not_there(const std::string& column, std::size_t row, std::size_t rows,
                            const std::vector<std::string>& columns) {
  const auto text = fmt::format("pgcleave: a result has no row {} column '{}': it has {} rows of ({})\n", row, column,
                                rows, fmt::join(columns, ", "));
  std::fputs(text.c_str(), stderr);
  std::abort();
}

}  // namespace

Rows::Rows(std::vector<std::string> columns, std::vector<std::vector<std::optional<std::string>>> rows, std::string tag)
    : columns_(std::move(columns)), rows_(std::move(rows)), tag_(std::move(tag)) {}

bool Rows::has(const std::string& column) const {
  return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
}

const std::optional<std::string>& Rows::at(std::size_t row, const std::string& column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (row >= rows_.size() || found == columns_.end()) not_there(column, row, rows_.size(), columns_);
  return rows_[row][static_cast<std::size_t>(found - columns_.begin())];
}

bool Rows::is_null(std::size_t row, const std::string& column) const {
  return !at(row, column).has_value();
}

const std::string& Rows::text(std::size_t row, const std::string& column) const {
  static const std::string empty;
  const auto& value = at(row, column);
  return value ? *value : empty;
}

std::int64_t Rows::number(std::size_t row, const std::string& column) const {
  const std::string& value = text(row, column);
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

Result<Lsn> Rows::lsn(std::size_t row, const std::string& column) const {
  if (is_null(row, column)) return Lsn{};
  return parse_lsn(text(row, column));
}

bool Rows::boolean(std::size_t row, const std::string& column) const {
  const std::string& value = text(row, column);
  return value == "t" || value == "1" || value == "true" || value == "yes" || value == "on";
}

}  // namespace pgcleave::postgres
