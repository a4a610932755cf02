// One PostgreSQL cluster as its leader shows it: what is in it, its write-ahead log, and what reads that log. Outputs
// about PostgreSQL 15 that the tool relies on are encoded here and stand beside the code.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "fence/holder.h"
#include "fence/ownership.h"
#include "fence/split_tables.h"
#include "model/ascending.h"
#include "postgres/catalog.h"
#include "postgres/replication.h"

namespace pgcleave::simulation {

using Instant = std::int64_t;  // microseconds of simulated time
using Key = std::int64_t;      // primary key of a moved row, from its sequence
using WriteId = int;           // what a client wrote

struct LogRow {
  std::string run;
  int epoch = 0;
  int expected = 0;
  int next = 0;
  bool operator==(const LogRow&) const = default;
};

struct Subscribed {
  bool enabled = false;
  std::string slot;
  std::string publication;
  fence::Owner publisher = fence::Owner::source;
  std::uint64_t origin = 0;  // applied up to here
  std::uint64_t latest_end = 0;
  int errors = 0;
  std::uint32_t oid = 0;
};

// What is in it but for the rows that clients write.
struct Contents {
  bool installed = false;  // schema pgcleave with everything in it
  fence::Owner owner = fence::Owner::source;
  int epoch = 0;  // under which this server last became an owner
  std::vector<LogRow> ownership_log;
  std::shared_ptr<const fence::FrozenSplit> frozen;  // what is in the split; shared, since each path copies it
  std::optional<fence::Holder> holder;
  std::set<postgres::TableName> fenced;
  bool kept_function = false;
  std::set<postgres::TableName> kept_fenced;
  std::set<std::string> probe_rights;
  std::map<std::string, postgres::Publication> publications;
  std::map<std::string, Subscribed> subscriptions;
  std::map<postgres::TableName, std::set<std::string>> canaries;
};

// What physical replication copies.
struct Database : Contents {
  Ascending<Key, WriteId> rows;  // of the one moved table that clients write
  Key last_key = 0;              // its sequence
};

struct Canary {
  postgres::TableName table;
  std::string token;
};

// A row that was written, as logical decoding finds it. Thousands are written on each path, so they are kept small.
struct Row {
  Key key = 0;
  WriteId id = 0;
  std::shared_ptr<const Canary> canary;  // none: it is one of the moved table that clients write
};

struct Change {
  std::uint64_t lsn = 0;  // of the commit
  Instant at = 0;
  std::function<void(Database&)> apply;
  std::optional<Row> row;
  std::uint64_t published =
      0;  // publications that would send it, as the catalog was when it was made: a bit for each (bit_of)
};

std::uint64_t bit_of(const std::string& publication);

struct HeldSlot {
  std::string plugin;
  std::uint64_t restart = 0;
  std::uint64_t confirmed = 0;
  bool active = false;
  bool xmin = false;  // what a standby's feedback left
};

struct Server {
  fence::Owner which = fence::Owner::source;
  std::string scope;
  int port = 0;
  bool in_recovery = false;
  bool up = true;
  int incarnation = 1;  // connections of an earlier one are dead
  std::uint32_t timeline = 1;
  std::optional<std::uint64_t> branched_at;
  int member = 1;  // of its cluster, who leads
  Database db;
  std::shared_ptr<const Database> before_wal;  // what `wal` begins with
  std::uint64_t wal_begins = 0;
  bool left_behind = false;  // a standby that has more than the primary's new timeline begins with
  std::deque<Change> wal;    // what it wrote itself; in pieces, since each path copies those that it touches
  std::uint64_t end = 0;     // written, or replayed while it is a standby
  std::uint64_t redo = 0;
  std::map<std::string, HeldSlot> slots;

  [[nodiscard]] bool writable() const { return up && !in_recovery; }
  // Would the fence trigger let a client's write of a moved table pass?
  [[nodiscard]] bool lets_write(const postgres::TableName& table) const;
  // One transaction. Flushed when this returns.
  std::uint64_t commit(Instant now, std::function<void(Database&)> apply, std::optional<Row> row = std::nullopt);
};

// Replays what the primary wrote before `until`.
void replay(Server& standby, const Server& primary, Instant until);

// One enabled subscription: applies what was written before `until` and is published.
void apply_logical(Server& subscriber, const std::string& name, Server& publisher, Instant now, Instant until);

// Its cluster's other member, who leads after a failover; this one comes back behind it at once. It has what was
// written before `until`.
constexpr int ports_to_replica = 1000;
std::string replica_of(const Server& server);
std::uint64_t flushed_by_replica(const Server& server, Instant until);
Database as_replica_has_it(const Server& server, Instant until);
// No value: nothing is installed there. Asked often, so thousands of rows are passed over.
std::optional<fence::Owner> owner_as_replica_has_it(const Server& server, Instant until);

// What is in it now is what its log begins with.
void begin_wal(Server& server);

// The standby's end is where its own timeline begins.
void promote(Server& standby);
// The leader is gone, and a member that has received only what was written before `until` leads. Its logical slots are
// not there (PostgreSQL 15). Returns what clients had been told and it does not have.
std::vector<WriteId> fail_over(Server& server, Instant until);
// pg_rewind and a restart: all that only this side wrote is gone, its slots too.
void become_standby(Server& server, const Server& primary);

}  // namespace pgcleave::simulation
