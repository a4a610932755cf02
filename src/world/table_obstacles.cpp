#include "world/table_obstacles.h"

#include <set>

#include "base/format.h"
#include "postgres/dependencies.h"

namespace pgcleave::world {

std::string TableObstacle::text() const {
  return fmt::format("table {}: {}; {}", table.sql(), what, fix);
}

Result<std::vector<TableObstacle>> table_obstacles(postgres::Connection& connection, const SplitTables& tables,
                                                   Deadline deadline) {
  using Kind = TableObstacle::Kind;
  TRY_ASSIGN(const auto inheritances, postgres::inheritances(connection, deadline));
  std::set<postgres::TableName> moved;
  for (const auto& table : tables.moved) moved.insert(table.name);
  std::vector<TableObstacle> found;
  for (const auto& [child, parent, detach_pending] : inheritances) {
    if (detach_pending) {
      found.push_back(
          {Kind::half_detached, child, parent,
           fmt::format("its DETACH ... CONCURRENTLY from {} was begun and not finished, so its rows are in neither",
                       parent.sql()),
           fmt::format("ALTER TABLE {} DETACH PARTITION {} FINALIZE", parent.sql(), child.sql())});
    } else if (moved.contains(child) != moved.contains(parent)) {
      const auto& moves = moved.contains(child) ? child : parent;
      found.push_back({Kind::crosses_by_inheritance, child, parent,
                       fmt::format("it inherits from {}, and of the two only {} moves", parent.sql(), moves.sql()),
                       fmt::format("ALTER TABLE {} NO INHERIT {}", child.sql(), parent.sql())});
    }
  }
  return found;
}

std::vector<std::string> replication_problems(const SplitTables& tables) {
  std::vector<std::string> problems;
  for (const auto& table : tables.moved) {
    if (table.holds_rows && !table.replication_problem().empty())
      problems.push_back(fmt::format("{}: {}", table.name.sql(), table.replication_problem()));
  }
  return problems;
}

}  // namespace pgcleave::world
