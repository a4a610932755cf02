// What the sessions of a server have written, by its cumulative statistics.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct TableWrites {
  TableName name;
  std::int64_t rows = 0;  // inserted, updated and deleted, those of failed transactions too; a TRUNCATE is not counted
};

struct Writes {
  std::vector<TableWrites> tables;   // that were written, most rows first
  std::string promoted_at;           // in UTC, when this timeline began here; "" if it never branched
  bool counters_were_reset = false;  // after that: by a crash (15), or by somebody
  bool counting = true;              // track_counts is on
  Duration quiet_for{};              // how long no other client session but our sampler has begun or ended a statement
  [[nodiscard]] std::int64_t rows() const;
};

// Counts begin when a standby's data are copied or rewound; what is replayed is not counted. Sessions hand in their
// counters a second after a transaction if they go on, and when they have been idle for ten (PostgreSQL 15).
Result<Writes> writes(Connection& connection, const std::vector<TableName>& tables, Deadline deadline);

// The file that each table's rows lie in, of those that exist. A standby has the primary's numbers; TRUNCATE, VACUUM
// FULL, CLUSTER and an ALTER TABLE that rewrites give a table another one (PostgreSQL 15).
Result<std::map<TableName, std::uint32_t>> file_nodes(Connection& connection, const std::vector<TableName>& tables,
                                                      Deadline deadline);

}  // namespace pgcleave::postgres
