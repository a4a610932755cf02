#include "data/task.h"

#include "base/format.h"

namespace pgcleave::data {

std::string Task::text() const {
  return fmt::format("{}, by {}", change->text(table), by == WalkBy::key ? "key" : "heap");
}

// By its oid: one that was dropped and made again under the same name is another table.
JobDefinition Task::definition(std::uint32_t oid) const {
  return {id, fmt::format("{} (oid {})", table.sql(), oid), text()};
}

Result<std::unique_ptr<Walk>> open_walk(const Task& task, const Table& table, const Leaf& leaf,
                                        const std::optional<Key>& key) {
  if (task.by == WalkBy::heap) return walk_heap(leaf);
  if (!key) {
    return fail({ErrorKind::invalid, "table " + leaf.name.sql(),
                 "has no key to walk by: no primary key, and no unique index over columns that are NOT NULL", "", "",
                 "write by: heap, with a `where` that is false for rows that were changed; or add a primary key", ""});
  }
  std::vector<std::string> names;
  for (const auto& column : key->columns) names.push_back(column.name);
  TRY(task.change->check_table(table, names));
  return walk_by_key(leaf, *key);
}

}  // namespace pgcleave::data
