// What differs between the items of two servers, and the SQL that would make the copy like the original.
#include <algorithm>

#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

// "GRANT SELECT, UPDATE ON TABLE ci.builds TO app;", or REVOKE; empty for no privilege.
std::string grant_sql(const char* verb, const std::vector<std::string>& privileges, const Grants& grants,
                      const char* preposition, const char* end) {
  if (privileges.empty()) return "";
  return fmt::format("{} {} ON {} {} {}{};", verb, fmt::join(privileges, ", "), grants.object, preposition, grants.role,
                     end);
}

std::vector<std::string> without(const std::set<std::string>& all, const std::set<std::string>& some) {
  std::vector<std::string> left;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(left));
  return left;
}

std::string grant_repair(const ShapeItem* original, const ShapeItem* copy) {
  const Grants none;
  const auto& here = original != nullptr ? *original->grants : none;
  const auto& there = copy != nullptr ? *copy->grants : none;
  // Where both have it, the copy's role and object are those that the copy knows.
  const auto& by = copy != nullptr ? there : here;
  const std::vector<std::string> parts{
      grant_sql("GRANT", without(here.privileges, there.privileges), by, "TO", ""),
      grant_sql("GRANT", without(here.grantable, there.grantable), by, "TO", " WITH GRANT OPTION"),
      grant_sql("REVOKE", without(there.privileges, here.privileges), by, "FROM", ""),
      grant_sql("REVOKE GRANT OPTION FOR", without(there.grantable, here.grantable), by, "FROM", "")};
  std::string sql;
  for (const auto& part : parts) sql += (sql.empty() || part.empty() ? "" : " ") + part;
  return sql;
}

std::string repair_of(const ShapeItem* original, const ShapeItem* copy) {
  if ((original != nullptr ? original : copy)->grants) return grant_repair(original, copy);
  if (copy == nullptr) return original->make;
  if (original == nullptr) return copy->unmake;
  if (original->definition == copy->definition) return original->set_state;
  if (copy->unmake.empty() || original->make.empty()) return "";
  return copy->unmake + " " + original->make;
}

ShapeDifference difference_between(const ShapeKey& key, const ShapeItem* original, const ShapeItem* copy) {
  ShapeDifference difference;
  std::tie(difference.table, difference.kind, difference.name) = key;
  difference.what = copy == nullptr ? Kind::missing : original == nullptr ? Kind::extra : Kind::changed;
  if (original != nullptr) difference.original = original->text();
  if (copy != nullptr) difference.copy = copy->text();
  difference.repair = repair_of(original, copy);
  return difference;
}

bool is_of_column(ShapeKind kind) {
  return kind == ShapeKind::not_null || kind == ShapeKind::default_value || kind == ShapeKind::identity ||
         kind == ShapeKind::generated || kind == ShapeKind::collation;
}

// Of a table, a column or a sequence that one side lacks, nothing more is told.
bool is_told(const ShapeItem& item, const ShapeItems& others, const std::set<postgres::TableName>& with_rows) {
  const auto& [table, kind, name] = std::tie(item.table, item.kind, item.name);
  if (table.name.empty()) return true;
  // Of tables that hold rows these are told with the rows.
  if (kind == ShapeKind::table || kind == ShapeKind::column) {
    if (with_rows.contains(table)) return false;
  }
  if (kind == ShapeKind::table) return true;
  if (!others.contains({table, ShapeKind::table, ""})) return false;
  if (item.grants && !item.grants->sequence.empty())
    return others.contains({table, ShapeKind::sequence, item.grants->sequence});
  return !is_of_column(kind) || others.contains({table, ShapeKind::column, name});
}

}  // namespace

std::vector<ShapeDifference> differences_of(const BothItems& items, const std::set<postgres::TableName>& with_rows) {
  std::vector<ShapeDifference> all;
  for (const auto& [key, original] : items.original) {
    const auto found = items.copy.find(key);
    const auto* copy = found == items.copy.end() ? nullptr : &found->second;
    if (copy != nullptr && copy->text() == original.text()) continue;
    if (is_told(original, items.copy, with_rows)) all.push_back(difference_between(key, &original, copy));
  }
  for (const auto& [key, copy] : items.copy) {
    if (!items.original.contains(key) && is_told(copy, items.original, with_rows))
      all.push_back(difference_between(key, nullptr, &copy));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace pgcleave::compare
