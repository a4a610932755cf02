// Indexes of the moved tables: broken, double, or on one side only. Judging asks nobody.
#pragma once

#include <set>

#include "checks/finding.h"
#include "postgres/catalog.h"

namespace pgcleave::checks {

struct Index {
  postgres::TableName table;
  std::string name;
  std::string definition;  // without its name: "UNIQUE INDEX ON ci.builds USING btree (id)"
  bool unique = false;
  bool valid = true;
  bool of_constraint = false;
  bool of_partition = false;  // goes with the parent's
};

struct IndexesOfSide {
  std::string side;  // "source main"
  std::vector<Index> indexes;
  std::set<postgres::TableName> tables;  // that were looked at, with indexes or without
};

// One query.
Result<IndexesOfSide> inspect_indexes(postgres::Connection& connection, const std::string& side,
                                      const std::vector<postgres::Table>& tables, Deadline deadline);
Findings judge_indexes(const IndexesOfSide& seen);
// Once both sides take DDL of their own. Of tables that both have.
Findings compare_indexes(const IndexesOfSide& source, const IndexesOfSide& target);

}  // namespace pgcleave::checks
