// Which tables refer to which by foreign keys, seen from their roots: a partition counts as its topmost parent.
#pragma once

#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct ForeignKey {
  std::string name;
  TableName from;  // root of the table that refers
  TableName to;    // root of the table that is referred to; may be the same
};

// All of the database, as they were declared: the copies that PostgreSQL makes for partitions are left out.
Result<std::vector<ForeignKey>> foreign_keys(Connection& connection, Deadline deadline);

// The strongly connected components of these tables, each sorted by name; who refers comes before what is referred to.
// Keys from or to other tables are passed over.
std::vector<std::vector<TableName>> referencing_first(const std::vector<TableName>& roots,
                                                      const std::vector<ForeignKey>& keys);

// Whoever refers to one of `tables`, directly or through others, without `tables` themselves; by name.
std::vector<TableName> referencing(const std::vector<TableName>& tables, const std::vector<ForeignKey>& keys);

}  // namespace pgcleave::postgres
