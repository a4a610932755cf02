// Moved tables as they are: what a promotion or logical replication would not carry over, and what is about to run out.
// Asks nobody.
#pragma once

#include "checks/finding.h"
#include "postgres/catalog.h"
#include "world/table_obstacles.h"

namespace pgcleave::checks {

// A sequence that fills a column, or is read by its default.
struct SequenceColumn {
  postgres::TableName sequence;
  postgres::TableName table;
  std::string column;
  std::string type;  // of the column
  std::int64_t start = 1;
  std::int64_t last = 0;
  std::int64_t limit = 0;  // where it ends: of the sequence or of the column's type, whichever comes first
  bool cycles = false;
};

struct UnvalidatedConstraint {
  postgres::TableName table;
  std::string name;
  std::string definition;
};

struct TablesSeen {
  std::string side;  // "source main"
  std::vector<postgres::Table> moved;
  std::vector<SequenceColumn> sequences;
  std::vector<UnvalidatedConstraint> unvalidated;
  std::int64_t large_objects = 0;  // counted up to a thousand
};

// From the catalog of one side; `moved` is given.
Result<TablesSeen> inspect_tables(postgres::Connection& connection, const std::string& side,
                                  const std::vector<postgres::Table>& moved, Deadline deadline);
Findings judge_tables(const TablesSeen& seen);

// What the run itself refuses of the tables of one side (world/table_obstacles.h), as findings. Asks nobody.

Findings judge_obstacles(const std::vector<world::TableObstacle>& obstacles, const std::string& side);

}  // namespace pgcleave::checks
