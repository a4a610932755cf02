// How a standby comes to follow: the copy that it is made from, and whether WAL really flows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "base/units.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

// A base backup that is being taken from this server (pg_stat_progress_basebackup), such as Patroni takes to copy a
// member anew.
struct BaseBackup {
  std::string phase;  // "streaming database files"
  Bytes streamed;
  Bytes total;  // 0: not known
};
Result<std::optional<BaseBackup>> base_backup(Connection& connection,
                                              Deadline deadline);  // of several the one that is furthest

// "streaming" when it lasts; else "nothing", or the receiver's status. A receiver says streaming as soon as it is
// connected, before it has asked for WAL (pg_stat_wal_receiver, 15). One that is refused, since the slot or the WAL is
// gone, dies a moment later and comes again. So it is looked at twice, 300 ms apart.
Result<std::string> receiving(Connection& standby, Deadline deadline);

// How far the standbys of a server have what it wrote on disk.

struct Flushed {
  std::string application;  // Patroni: the member's name
  std::string state;        // streaming, catchup, ...
  Lsn lsn;                  // flushed up to here, by its last reply, which follows each flush at once (PostgreSQL 15)
};
// Physical standbys that are connected to this server.
Result<std::vector<Flushed>> flushed(Connection& primary, Deadline deadline);

}  // namespace pgcleave::postgres
