// Moved tables under work: vacuum that can't wait, tables used on the side where they are a stale copy, and how far
// behind the target is. Judging asks nobody.
#pragma once

#include "base/units.h"
#include "checks/finding.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

struct TableAge {
  postgres::TableName table;
  std::int64_t age = 0;     // transactions since its rows were frozen
  std::int64_t forced = 0;  // at which autovacuum comes whatever else it is told
  bool running = false;     // it is there
};

// The oldest, and those that are being vacuumed against wraparound.
Result<std::vector<TableAge>> table_ages(postgres::Connection& connection, const TableReferences& references,
                                         Deadline deadline);
Findings judge_ages(const std::vector<TableAge>& ages, const std::string& side);

// What pg_stat_user_tables has counted.
struct TableUse {
  std::int64_t scans = 0;
  std::int64_t inserted = 0;
  std::int64_t changed = 0;  // updated, deleted
};
using Uses = std::map<postgres::TableName, TableUse>;
Result<Uses> table_uses(postgres::Connection& connection, Deadline deadline);

// Of one side, before and after an observation: tables of `stale` should not have been used there. Logical replication
// may apply to them.
Findings judge_uses(const Uses& before, const Uses& after, const TableReferences& references, Part stale,
                    const std::string& side, Duration observed);

// How far behind the target was at each look, in bytes of WAL.
Findings judge_lag(std::vector<Bytes> lags, const std::string& side, const std::string& observed);

}  // namespace pgcleave::checks
