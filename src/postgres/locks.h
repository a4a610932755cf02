// Who holds or would wait for locks on tables.
#pragma once

#include <string>
#include <vector>

#include "base/units.h"
#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct Blocker {
  int pid = 0;  // 0 for a prepared transaction, which is named in `prepared`
  std::string user;
  std::string application;
  std::string address;       // client address, "local" for a socket, "" for a server process
  std::string backend_type;  // "client backend", "autovacuum worker", ...
  std::string state;         // active, idle in transaction, ...
  Duration transaction_age{};
  TableName table;
  std::string mode;      // RowExclusiveLock ...
  std::string prepared;  // gid of a prepared transaction
  bool anti_wraparound = false;
  std::string backend_start;  // tells a session from a later one with the same pid; empty for a prepared transaction
  [[nodiscard]] std::string text() const;  // one line for people, without the query's text
};

// What must drain before a side's position is captured: sessions and prepared transactions other than this connection
// that hold a lock that a writer of rows holds (ROW EXCLUSIVE, SHARE ROW EXCLUSIVE and stronger; on a partitioned table
// also the SHARE UPDATE EXCLUSIVE of ATTACH and DETACH) on a relation of the split as the catalog is now: named in
// `tables`, fenced for `split`, or a partition or child of one of these, at any level. A writer that names a
// partitioned table locks that one alone until its first row is routed (PostgreSQL 15). Left out: autovacuum, and
// logical apply workers, which replication needs while the tables are fenced.
Result<std::vector<Blocker>> writers(Connection& connection, const std::string& split,
                                     const std::vector<TableName>& tables, Deadline deadline);

// Sessions that hold a lock conflicting with SHARE ROW EXCLUSIVE on one of the tables: in the way of CREATE TRIGGER.
Result<std::vector<Blocker>> in_the_way(Connection& connection, const std::vector<TableName>& tables,
                                        Deadline deadline);

// Whoever holds any lock on one of the tables, readers too: in the way of TRUNCATE.
Result<std::vector<Blocker>> in_the_way_of_truncate(Connection& connection, const std::vector<TableName>& tables,
                                                    Deadline deadline);

// Prepared transactions can't be terminated, nor a superuser's session by another role: `not_ready` names them, after
// all others were. Does not wait for the sessions' end. pg_terminate_backend for each pid that is still the session
// that was seen (same backend start).
Result<void> terminate(Connection& connection, const std::vector<Blocker>& blockers, Deadline deadline);

}  // namespace pgcleave::postgres
