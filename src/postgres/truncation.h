// Emptying many tables for good, a few at a time. PostgreSQL refuses to truncate a table that is referred to unless all that refer to
// it are in the same command, empty or not. So who refers goes first, and then stands in the command once more, empty.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/units.h"
#include "postgres/foreign_keys.h"
#include "postgres/ownership.h"

namespace pgcleave::postgres {

// One transaction.
struct Truncation {
  std::vector<TableName> tables;  // what it empties: tables that refer to each other (most often one), or one partition
  std::vector<TableName> also;    // refer to those, and were emptied before
  std::vector<TableName> leaves;  // those of `tables`, or their partitions, that hold rows
  std::string sql;
};

// In the order in which they must be done. `tables` with all their partitions; a partitioned table that nobody refers to is emptied
// partition by partition.
std::vector<Truncation> plan_truncation(const std::vector<Table>& tables, const std::vector<ForeignKey>& keys);

struct TableSize {
  TableName name;
  Bytes all;           // with indexes and TOAST: what `freed` is counted in
  bool empty = false;  // no block in the table and its TOAST. An empty index still has one
};
// Of those that are there.
Result<std::vector<TableSize>> sizes(Connection& connection, const std::vector<TableName>& tables, Deadline deadline);

// What forbids it, each a sentence with a way out: a foreign key of a table that is not among them, a publication that would carry it to
// whoever reads a slot of this database, a subscription that would fill the tables again, a partition that is a foreign table.
// `ending`: publications and subscriptions that will be gone before.
Result<std::vector<std::string>> obstacles_to_truncation(Connection& connection, const std::vector<Table>& tables,
                                                         const std::vector<std::string>& ending, Deadline deadline);

// What proves that nobody may write the tables here: the owner of the split, as this side knows it.
struct Proof {
  std::string split;
  Owner owner;
};

// How long to wait for locks, and whom to tell who is in the way meanwhile (may be empty).
struct Patience {
  Duration lock_timeout;
  Deadline deadline;
  const StopFlag* stop;
  std::function<void(const std::string&)> tell;
};

// Under the same advisory lock as the passing of ownership: `foreign`, and nothing is done, without the proof. The fence's own trigger
// does not fire. A lock that is not to be had within lock_timeout is tried again until the deadline; `timed_out` and `interrupted` name
// who is in the way.
Result<void> truncate(Connection& primary, const Truncation& what, const Proof& proof, const Patience& patience);

}  // namespace pgcleave::postgres
