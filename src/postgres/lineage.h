// The timelines that a server has come by, oldest first, each with the LSN at which it began. Two servers of one origin
// share the first ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

struct Timeline {
  std::uint32_t id = 0;
  Lsn from;  // 0/0: the first one
  bool operator==(const Timeline&) const = default;
};

// Of a primary, from its timeline history file (PostgreSQL 15). The last one is the timeline that it writes now.
Result<std::vector<Timeline>> lineage(Connection& primary, Deadline deadline);

// How many promotions a server has gone through that the other one has not: 1 right after it was promoted beside the
// other one, 2 and more when it failed over since, or was started anew by Patroni, which begins a timeline too (3.0.2).
int promotions_since_fork(const std::vector<Timeline>& server, const std::vector<Timeline>& other);

// The timeline history files that a server keeps in pg_wal. PostgreSQL removes none of them, and asks for no file that
// it has already: one that tells of an abandoned timeline is taken for the history of the next timeline of that number
// (WalRcvFetchTimeLineHistoryFiles, 15).

struct History {
  std::uint32_t timeline = 0;
  std::vector<Timeline> lineage;  // oldest first, the timeline itself last; empty: the file can't be understood
};

struct Histories {
  std::uint32_t timeline = 0;  // that the server writes or follows
  std::vector<History> files;  // by timeline
};

// Of a primary or a standby. Needs a superuser, or pg_monitor with pg_read_server_files.
Result<Histories> histories(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres
