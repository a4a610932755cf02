// What about the tables of a split keeps it from being made: what the fence would not hold, and what logical
// replication would not carry.
#pragma once

#include <string>
#include <vector>

#include "world/world.h"

namespace pgcleave::world {

struct TableObstacle {
  enum class Kind { crosses_by_inheritance, half_detached };
  Kind kind;
  postgres::TableName table;
  postgres::TableName parent;
  std::string what;
  std::string fix;  // a statement
  [[nodiscard]] std::string text() const;
};

// By inheritance a statement that names one table changes another's rows without that one's statement trigger, and a
// partition that is half detached is in no tree: its rows are neither published nor fenced with its parent's
// (PostgreSQL 15). On one side; `tables` is its split.
Result<std::vector<TableObstacle>> table_obstacles(postgres::Connection& connection, const SplitTables& tables,
                                                   Deadline deadline);

// "ci.keyless: no primary key and no other replica identity", for each moved table whose updates and deletes can't be
// replicated.
std::vector<std::string> replication_problems(const SplitTables& tables);

}  // namespace pgcleave::world
