#include "postgres/sql/foreign_keys.h"

#include <algorithm>
#include <map>
#include <set>

namespace pgcleave::postgres {
namespace {

using Neighbours = std::map<TableName, std::set<TableName>>;

// Tarjan's algorithm: a component is complete when all that can be reached from it is. Here one goes from a table to
// whoever refers to it.
class Components {
 public:
  explicit Components(const Neighbours& referrers) : referrers_(referrers) {}

  std::vector<std::vector<TableName>> of_all() {
    for (const auto& [table, unused] : referrers_) {
      if (!seen_.contains(table)) visit(table);
    }
    return std::move(found_);
  }

 private:
  struct Mark {
    std::size_t number = 0;
    std::size_t lowest = 0;  // number of the oldest table on the path that can be reached
    bool on_path = true;
  };

  std::size_t visit(const TableName& table) {
    const auto number = seen_.size();
    auto& mark = seen_.emplace(table, Mark{number, number, true}).first->second;
    path_.push_back(table);
    for (const auto& next : referrers_.at(table)) {
      const auto known = seen_.find(next);
      if (known == seen_.end()) {
        mark.lowest = std::min(mark.lowest, visit(next));
      } else if (known->second.on_path) {
        mark.lowest = std::min(mark.lowest, known->second.number);
      }
    }
    if (mark.lowest == number) close(table);
    return mark.lowest;
  }

  void close(const TableName& first) {
    const auto begin = std::find(path_.begin(), path_.end(), first);
    std::vector<TableName> component(begin, path_.end());
    path_.erase(begin, path_.end());
    for (const auto& table : component) seen_.at(table).on_path = false;
    std::sort(component.begin(), component.end());
    found_.push_back(std::move(component));
  }

  const Neighbours& referrers_;
  std::map<TableName, Mark> seen_;
  std::vector<TableName> path_;
  std::vector<std::vector<TableName>> found_;
};

}  // namespace

Result<std::vector<ForeignKey>> foreign_keys(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT k.conname, fn.nspname AS from_schema, f.relname AS from_name, tn.nspname AS to_schema, t.relname AS to_name
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class f ON f.oid = COALESCE(pg_catalog.pg_partition_root(k.conrelid), k.conrelid)
        JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
        JOIN pg_catalog.pg_class t ON t.oid = COALESCE(pg_catalog.pg_partition_root(k.confrelid), k.confrelid)
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
       WHERE k.contype = 'f' AND k.conparentid = 0
       ORDER BY fn.nspname COLLATE "C", f.relname COLLATE "C", k.conname COLLATE "C")sql",
                                               {}, deadline));
  std::vector<ForeignKey> keys;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    keys.push_back({rows.text(row, "conname"),
                    {rows.text(row, "from_schema"), rows.text(row, "from_name")},
                    {rows.text(row, "to_schema"), rows.text(row, "to_name")}});
  }
  return keys;
}

std::vector<std::vector<TableName>> referencing_first(const std::vector<TableName>& roots,
                                                      const std::vector<ForeignKey>& keys) {
  Neighbours referrers;
  for (const auto& root : roots) referrers[root];
  for (const auto& key : keys) {
    if (referrers.contains(key.from) && referrers.contains(key.to)) referrers[key.to].insert(key.from);
  }
  return Components(referrers).of_all();
}

std::vector<TableName> referencing(const std::vector<TableName>& tables, const std::vector<ForeignKey>& keys) {
  std::set<TableName> reached(tables.begin(), tables.end());
  std::vector<TableName> found;
  std::vector<TableName> left = tables;
  while (!left.empty()) {
    const auto table = left.back();
    left.pop_back();
    for (const auto& key : keys) {
      if (key.to != table || !reached.insert(key.from).second) continue;
      found.push_back(key.from);
      left.push_back(key.from);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace pgcleave::postgres
