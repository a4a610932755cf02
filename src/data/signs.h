// What a server shows of how well it bears a job. Only reads. Needs pg_monitor, or it sees less than there is.
#pragma once

#include <string>
#include <vector>

#include "base/lsn.h"
#include "base/units.h"
#include "postgres/connection.h"

namespace pgcleave::data {

struct Behind {
  std::string name;  // "replica main-2", "slot ci"
  Bytes lag;
};

struct Signs {
  std::vector<Behind> replicas;      // WAL that each has not replayed, or confirmed, yet
  std::vector<Behind> slots;         // WAL that each keeps
  std::int64_t archive_waiting = 0;  // WAL files; 0 where nothing is archived
  Lsn wal;                           // where WAL is written
  int minute = 0;                    // of the day, in the zone that was asked for
  bool vacuumed = false;             // autovacuum is at work on the table
  bool wraparound = false;           // and it prevents a wraparound
};

// `relations`: the oids of the table and its partitions.
// `zone`: of Signs::minute; empty: the server's.
Result<Signs> read_signs(postgres::Connection& primary, const std::vector<std::uint32_t>& relations,
                         const std::string& zone, Deadline deadline);

// `invalid` when the server knows no such time zone.
Result<void> check_zone(postgres::Connection& primary, const std::string& zone, Deadline deadline);

// Sessions that wait for a lock that the session `pid` holds.
Result<std::int64_t> waiting_for(postgres::Connection& primary, int pid, Deadline deadline);

}  // namespace pgcleave::data
