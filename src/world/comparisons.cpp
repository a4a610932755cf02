#include "world/comparisons.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::world {
namespace {

template <class Number>
std::int64_t sum(const std::vector<TableCompared>& tables, Number number) {
  std::int64_t all = 0;
  for (const auto& table : tables) all += number(table);
  return all;
}

std::int64_t length_in(const Json& data, const char* key) {
  return static_cast<std::int64_t>(list_in(data, key).size());
}

TableCompared table_in(const Json& data) {
  return {text_in(data, "table"),         text_in(data, "not_compared"), whole_in(data, "rows"),
          length_in(data, "differences"), length_in(data, "shape"),      truth_in(data, "more"),
          length_in(data, "undecided")};
}

}  // namespace

std::int64_t LastComparison::rows() const {
  return sum(tables, [](const auto& table) { return table.rows; });
}
std::int64_t LastComparison::differences() const {
  return sum(tables, [](const auto& table) { return table.differences; });
}
std::int64_t LastComparison::columns() const {
  return sum(tables, [](const auto& table) { return table.columns; });
}
std::int64_t LastComparison::undecided() const {
  return sum(tables, [](const auto& table) { return table.undecided; });
}
std::int64_t LastComparison::differing() const {
  return sum(tables, [](const auto& table) { return table.differs() ? 1 : 0; });
}
std::int64_t LastComparison::incomplete() const {
  return sum(tables, [](const auto& table) { return table.is_whole() ? 0 : 1; });
}

bool LastComparison::counts_all_differences() const {
  return std::none_of(tables.begin(), tables.end(), [](const auto& table) { return table.more; });
}

std::string LastComparison::whose() const {
  return step.empty() ? fmt::format("pgcleave compare ({})", run) : fmt::format("run {}, step {}", run, step);
}

LastComparison comparison_in(const Json& data, const std::string& run, std::int64_t ended_at_us) {
  LastComparison last;
  last.run = run;
  last.step = text_in(data, "step");
  last.by = text_in(data, "operator");
  last.original = text_in(data, "original");
  last.copy = text_in(data, "copy");
  last.how = text_in(data, "how");
  last.servers = object_in(data, "servers");
  last.position = text_in(data, "position");
  last.began_at_us = ended_at_us - static_cast<std::int64_t>(std::clamp(number_in(data, "ms"), 0.0, 1e12) * 1000);
  for (const auto& table : list_in(data, "tables")) last.tables.push_back(table_in(table));
  return last;
}

Result<void> Comparisons::keep(const Json& data) const {
  return keep_ ? keep_(data) : Result<void>();
}

Result<std::optional<LastComparison>> Comparisons::last() const {
  return last_ ? last_() : Result<std::optional<LastComparison>>(std::nullopt);
}

}  // namespace pgcleave::world
