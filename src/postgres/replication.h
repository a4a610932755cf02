// Logical replication objects, each call idempotent by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/lsn.h"
#include "base/secret.h"
#include "postgres/catalog.h"

namespace pgcleave::postgres {

struct Slot {
  std::string name;
  std::string plugin;  // "" for a physical one
  std::string database;
  bool active = false;
  Lsn restart;
  Lsn confirmed;
  std::string wal_status;  // reserved, extended, unreserved, lost
};
Result<std::optional<Slot>> slot(Connection& connection, const std::string& name, Deadline deadline);
Result<Slot> create_logical_slot(Connection& primary, const std::string& name,
                                 Deadline deadline);  // pgoutput; adopts an existing one of this database
Result<void> drop_slot(Connection& primary, const std::string& name,
                       Deadline deadline);  // gone already is fine; ends an active sender first

// Published tables; no value: no such publication. publish_via_partition_root is false: partitions replicate as themselves.
Result<std::optional<std::vector<TableName>>> publication(Connection& connection, const std::string& name, Deadline deadline);
Result<void> create_publication(Connection& primary, const std::string& name, const std::vector<TableName>& tables, Deadline deadline);
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
};
Result<std::optional<Subscription>> subscription(Connection& connection, const std::string& name, Deadline deadline);

struct SubscriptionSpec {
  std::string name;
  std::string publication;
  std::string slot;
  std::string connection;  // libpq conninfo of the publisher as seen from the subscriber's server, without the password
  Secret password;         // appended to the conninfo, if any
};
// Disabled, no copy, on an existing slot. Adopts an existing subscription of that name and slot.
Result<void> create_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline);
Result<void> enable_subscription(Connection& primary, const std::string& name, Deadline deadline);
// DISABLE, SET (slot_name = NONE), DROP: never hangs on an unreachable publisher. The slot stays and is the caller's to drop.
Result<void> drop_subscription(Connection& primary, const std::string& name, Deadline deadline);

// A canary row, or its arrival.
Result<void> write_canary(Connection& primary, const std::string& split, const std::string& token, Deadline deadline);
Result<bool> canary_arrived(Connection& connection, const std::string& split, const std::string& token, Deadline deadline);

}  // namespace pgcleave::postgres
