// The timeline history files that a server keeps in pg_wal. PostgreSQL removes none of them, and asks for no file that
// it has already: one that tells of an abandoned timeline is taken for the history of the next timeline of that number
// (WalRcvFetchTimeLineHistoryFiles, 15).
#pragma once

#include <string>
#include <vector>

#include "postgres/lineage.h"

namespace pgcleave::postgres {

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
