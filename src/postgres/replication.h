// Logical replication objects, each call idempotent by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "base/secret.h"
#include "postgres/catalog.h"
#include "postgres/sql/subscription_options.h"

namespace pgcleave::postgres {

struct Slot {
  std::string name;
  std::string plugin;  // "" for a physical one
  std::string database;
  bool active = false;
  Lsn restart;
  Lsn confirmed;
  std::string wal_status;          // reserved, extended, unreserved, lost
  std::string invalidated;         // 17 and later: pg_replication_slots.invalidation_reason, such as idle_timeout
  bool keeps_from_vacuum = false;  // holds an xmin
  std::int64_t xmin_age = 0;       // in transactions
  bool failover = false;           // 17 and later: to be synchronized to standbys
  bool synced = false;             // 17 and later: it came from a primary; stays so when its server is one itself

  // It can't be read any more; in words what became of it.
  [[nodiscard]] bool lost() const { return wal_status == "lost" || !invalidated.empty(); }
  [[nodiscard]] std::string loss() const {
    return invalidated.empty() || invalidated == "wal_removed" ? "has lost WAL that it needs"
                                                               : "was invalidated by PostgreSQL (" + invalidated + ")";
  }
};
Result<std::optional<Slot>> slot(Connection& connection, const std::string& name, Deadline deadline);
// pgoutput; adopts an existing one of this database as it is.
enum class Failover { no, as_set_up };  // as_set_up: with failover where the server has sync_replication_slots on (17)
Result<Slot> create_logical_slot(Connection& primary, const std::string& name, Deadline deadline,
                                 Failover failover = Failover::no);
// Physical, and reserves WAL at once, from the redo position of the last checkpoint. Adopts an existing physical one.
Result<Slot> create_physical_slot(Connection& primary, const std::string& name, Deadline deadline);
// Drops an unused physical slot and makes it anew, without xmin, reserving WAL from now on, in one statement. `failed`
// when it is in use.
Result<void> renew_physical_slot(Connection& primary, const std::string& name, Deadline deadline);
Result<void> drop_slot(Connection& primary, const std::string& name,
                       Deadline deadline);  // gone already is fine; ends an active sender first

// A publication that is closed has its tables, so that subscribers know them, and publishes no kind of change (publish
// = ''). Opening it is one row of the catalog, whatever the number of tables. pgoutput reads it as it was when a change
// was made (PostgreSQL 15): what is written while it is closed is never sent, also if it is decoded later.
struct Publication {
  std::vector<TableName> tables;  // sorted
  bool open = false;              // publishes inserts, updates, deletes and truncates
};
// No value: no such publication. publish_via_partition_root is false: partitions replicate as themselves.
Result<std::optional<Publication>> publication(Connection& connection, const std::string& name, Deadline deadline);
Result<void> create_publication(Connection& primary, const std::string& name, const Publication& wanted,
                                Deadline deadline);
Result<void> open_publication(Connection& primary, const std::string& name, bool open, Deadline deadline);
Result<void> drop_publication(Connection& primary, const std::string& name, Deadline deadline);

struct Subscription {
  std::string name;
  bool enabled = false;
  std::string slot;
  std::uint32_t oid = 0;
  bool worker = false;  // an apply worker runs
  Lsn applied;          // of the replication origin: commits up to here are applied
  Lsn latest_end;       // last position that the publisher reported and the worker has worked through
  std::int64_t apply_errors = 0;
  SubscriptionOptions options;
};
Result<std::optional<Subscription>> subscription(Connection& connection, const std::string& name, Deadline deadline);

struct SubscriptionSpec {
  std::string name;
  std::string publication;
  std::string slot;
  std::string connection;  // libpq conninfo of the publisher as seen from the subscriber's server, without the password
  Secret password;         // appended to the conninfo, if any
  // What the subscriber has already: its replication origin is set there in the same transaction. No value: nothing.
  std::optional<Lsn> from = std::nullopt;
  SubscriptionOptions options = {};
  bool failover = false;  // as the slot has it; a subscriber before 17 is not told
};
// Disabled, no copy; the slot may be made later. Adopts an existing subscription of that name and slot, and gives it
// these options.
Result<void> create_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline);
Result<void> enable_subscription(Connection& primary, const std::string& name, Deadline deadline);
// Returns when its worker has ended: nothing is applied any more. A subscription that isn't there is fine.
Result<void> disable_subscription(Connection& primary, const std::string& name, Deadline deadline);
// DISABLE, SET (slot_name = NONE), DROP: never hangs on an unreachable publisher. The slot stays and is the caller's to
// drop.
Result<void> drop_subscription(Connection& primary, const std::string& name, Deadline deadline);

// Up to where a subscription has applied, by its replication origin; 0/0: nothing yet. `flushed` makes it wait until
// that is on disk. The quick half of subscription(). `not_ready` when there is no such subscription.
Result<Lsn> applied(Connection& connection, const std::string& name, bool flushed, Deadline deadline);

}  // namespace pgcleave::postgres
