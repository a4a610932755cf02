// Emptying many tables for good, a few at a time. PostgreSQL refuses to truncate a table that is referred to unless all
// that refer to it are in the same command, empty or not. So who refers goes first, and then stands in the command once
// more, empty.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/units.h"
#include "fence/sql/stale_tables.h"
#include "postgres/sql/foreign_keys.h"

namespace pgcleave::fence {

// One transaction.
struct Truncation {
  std::vector<postgres::TableName>
      tables;  // what it empties: tables that refer to each other (most often one), or one partition
  std::vector<postgres::TableName> also;    // refer to those, and were emptied before
  std::vector<postgres::TableName> leaves;  // those of `tables`, or their partitions, that hold rows
  std::string names;                        // of `tables` and `also`, in SQL: with ONLY where a table has no partitions
};

// In the order in which they must be done. `tables` with all their partitions; a partitioned table that nobody refers
// to is emptied partition by partition.
std::vector<Truncation> plan_truncation(const std::vector<postgres::Table>& tables,
                                        const std::vector<postgres::ForeignKey>& keys);

struct TableSize {
  postgres::TableName name;
  Bytes all;           // with indexes and TOAST: what `freed` is counted in
  bool empty = false;  // no block in the table and its TOAST. An empty index still has one
};
// Of those that are there.
Result<std::vector<TableSize>> sizes(postgres::Connection& connection, const std::vector<postgres::TableName>& tables,
                                     Deadline deadline);

// What forbids it, each a sentence with a way out: a foreign key of a table that is not among them, a publication that
// would carry it to whoever reads a slot of this database, a subscription that would fill the tables again, a partition
// that is a foreign table. `ending`: publications and subscriptions that will be gone before.
Result<std::vector<std::string>> obstacles_to_truncation(postgres::Connection& connection,
                                                         const std::vector<postgres::Table>& tables,
                                                         const std::vector<std::string>& ending, Deadline deadline);

// What proves that these are stale: who owns the split, as each side knows it, and table by table (stale_tables.h).
struct Proof {
  StaleProof tables;
  Owner here = Owner::nobody;
  Owner there = Owner::nobody;
  std::string other_side;  // for people: "target ci"
};

// How long to wait for locks, and whom to tell who is in the way meanwhile (may be empty).
struct Patience {
  Duration lock_timeout;
  Deadline deadline;
  const StopFlag* stop;
  std::function<void(const std::string&)> tell;
};

// In one transaction: locks what the command reaches, proves each table of it, also on the other side, whose tables and
// owner a transaction there holds as they are until this one has ended; empties; commits. Returns what could not be
// proven: then nothing was emptied. `conflict`, and nothing is done, when an owner is another. The fence's own trigger
// does not fire. A lock that is not to be had within lock_timeout is tried again until the deadline; `timed_out` and
// `interrupted` name who is in the way.
Result<std::vector<StaleTable>> truncate(postgres::Connection& primary, postgres::Connection& other,
                                         const Truncation& what, const Proof& proof, const Patience& patience);

}  // namespace pgcleave::fence
