#include <algorithm>

#include "compare/comparison.h"

namespace pgcleave::compare {

Json TableResult::json(bool with_values) const {
  Json list = Json::array();
  for (const auto& difference : differences)
    list.push_back(with_values ? difference.json() : difference.json_without_values());
  return {{"table", name.sql()},    {"not_compared", not_compared}, {"shape", shape},      {"rows", rows},
          {"blocks", blocks},       {"read_again", read_again},     {"differences", list}, {"more", more},
          {"undecided", undecided}, {"unchanged", unchanged},       {"since", since},      {"why_whole", why_whole}};
}

std::size_t Outcome::differing_tables() const {
  return static_cast<std::size_t>(
      std::count_if(tables.begin(), tables.end(), [](const auto& table) { return table.differs(); }));
}

std::size_t Outcome::differences() const {
  std::size_t all = 0;
  for (const auto& table : tables) all += table.differences.size();
  return all;
}

std::size_t Outcome::not_compared() const {
  return static_cast<std::size_t>(
      std::count_if(tables.begin(), tables.end(), [](const auto& table) { return !table.not_compared.empty(); }));
}

std::size_t Outcome::undecided() const {
  std::size_t all = 0;
  for (const auto& table : tables) all += table.undecided.size();
  return all;
}

std::int64_t Outcome::rows() const {
  std::int64_t all = 0;
  for (const auto& table : tables) all += table.rows;
  return all;
}

}  // namespace pgcleave::compare
