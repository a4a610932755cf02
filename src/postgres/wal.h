// Positions in the write-ahead log, recovery and checkpoints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "postgres/catalog.h"

namespace pgcleave::postgres {

// One transaction, one round trip, synchronous_commit = local: a canary row and a transactional logical message.
// Returns the message's LSN: everything that was committed before is at or below it, and flushed, when this returns.
// Needs the canary table (ownership.h installs it), and a publication that holds it if a subscriber's applied position
// is to reach this one: a publisher skips transactions in which it finds nothing to send. pg_current_wal_flush_lsn()
// can miss asynchronous commits (PostgreSQL 15).
Result<Lsn> capture_lsn(Connection& primary, const TableName& canary, const std::string& token, Deadline deadline);

struct Recovery {
  bool in_recovery = true;
  Lsn received;
  Lsn replayed;
  bool replay_paused = false;
};
Result<Recovery> recovery(Connection& connection,
                          Deadline deadline);  // on a primary: replayed = current insert position

// Where is the receiver connected (pg_stat_wal_receiver): "streaming", sender host and port, slot. Empty status: none.
struct Receiver {
  std::string status;
  std::string sender_host;
  int sender_port = 0;
  std::string slot;
};
Result<Receiver> receiver(Connection& standby, Deadline deadline);

Result<Lsn> current_lsn(Connection& primary, Deadline deadline);
// Writes the WAL up to `position` to disk, if it is not there yet, so that it is sent to whoever follows: by a message
// in a transaction of its own, which changes nothing. What a transaction wrote that sits idle is flushed by nobody else
// as long as nothing commits (XLogBackgroundFlush stops before the page that is being filled, PostgreSQL 15).
Result<void> flush_wal(Connection& primary, Lsn position, Deadline deadline);
Result<void> checkpoint(Connection& connection, Deadline deadline);  // a restartpoint on a standby
// The timeline that WAL is written to, and the LSN at which it branched off (from the timeline history file). No value:
// it never branched. `replayed`: the last position that this server replayed; no value when it was started anew since.
struct Branch {
  std::uint32_t timeline = 0;
  std::optional<Lsn> at;
  std::optional<Lsn> replayed;
};
Result<Branch> branch(Connection& primary, Deadline deadline);

// The redo LSN of the last checkpoint or restartpoint (pg_control_checkpoint), and the oldest WAL still on disk.
Result<Lsn> redo_lsn(Connection& connection, Deadline deadline);
Result<Lsn> oldest_wal(Connection& connection, Deadline deadline);

// A physical sender to a standby, by application name (pg_stat_replication): state "streaming", lag in bytes.
struct Sender {
  std::string application;
  std::string state;
  Bytes lag;
};
Result<std::vector<Sender>> senders(Connection& primary, Deadline deadline);

}  // namespace pgcleave::postgres
