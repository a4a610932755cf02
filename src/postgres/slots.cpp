#include "base/format.h"
#include "postgres/replication.h"

namespace pgcleave::postgres {
namespace {

constexpr const char* undefined_object = "42704";
constexpr const char* duplicate_object = "42710";
constexpr const char* object_in_use = "55006";

Result<Slot> usable(Connection& connection, const Slot& found, Deadline deadline) {
  TRY_ASSIGN(const Rows here, connection.query("SELECT pg_catalog.current_database() AS database", {}, deadline));
  const auto& database = here.text(0, "database");
  if (found.plugin == "pgoutput" && found.database == database) return found;
  Error error;
  error.kind = ErrorKind::conflict;
  error.object = "replication slot " + found.name;
  error.what = "exists already and is a different one";
  error.expected = fmt::format("a logical slot of pgoutput in database {}", database);
  error.seen = found.plugin.empty() ? "a physical slot"
                                    : fmt::format("a slot of {} in database {}", found.plugin, found.database);
  return fail(error);
}

}  // namespace

Result<std::optional<Slot>> slot(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT slot_name, plugin, database, active, restart_lsn, confirmed_flush_lsn, wal_status,
             pg_catalog.age(xmin) AS xmin_age, pg_catalog.to_jsonb(s) ->> 'invalidation_reason' AS invalidated,
             COALESCE(pg_catalog.to_jsonb(s) ->> 'failover', 'false') AS failover,
             COALESCE(pg_catalog.to_jsonb(s) ->> 'synced', 'false') AS synced
        FROM pg_catalog.pg_replication_slots s WHERE slot_name = $1)sql",
                                               {name}, deadline));
  if (rows.empty()) return std::nullopt;
  Slot found;
  found.name = name;
  found.plugin = rows.text(0, "plugin");
  found.database = rows.text(0, "database");
  found.active = rows.boolean(0, "active");
  found.wal_status = rows.text(0, "wal_status");
  found.invalidated = rows.text(0, "invalidated");
  found.failover = rows.boolean(0, "failover");
  found.synced = rows.boolean(0, "synced");
  found.keeps_from_vacuum = !rows.is_null(0, "xmin_age");
  if (found.keeps_from_vacuum) found.xmin_age = rows.number(0, "xmin_age");
  TRY_ASSIGN(found.restart, rows.lsn(0, "restart_lsn"));
  TRY_ASSIGN(found.confirmed, rows.lsn(0, "confirmed_flush_lsn"));
  return found;
}

Result<Slot> create_logical_slot(Connection& primary, const std::string& name, Deadline deadline, Failover failover) {
  TRY_ASSIGN(auto found, slot(primary, name, deadline));
  if (!found) {
    const bool as_set_up = failover == Failover::as_set_up && primary.server_version() >= failover_slots_since;
    const auto made = primary.query(
        fmt::format("SELECT pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput'{})",
                    as_set_up ? ", false, false, pg_catalog.current_setting('sync_replication_slots')::boolean" : ""),
        {name}, deadline);
    if (!made && made.error().code != duplicate_object) return fail(made.error());
    TRY_ASSIGN(found, slot(primary, name, deadline));
  }
  if (found) return usable(primary, *found, deadline);
  Error error;
  error.kind = ErrorKind::conflict;
  error.object = "replication slot " + name;
  error.what = "was dropped by somebody else as soon as it was made";
  return fail(error);
}

Result<Slot> create_physical_slot(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(auto found, slot(primary, name, deadline));
  if (!found) {
    const auto made =
        primary.query("SELECT pg_catalog.pg_create_physical_replication_slot($1, true)", {name}, deadline);
    if (!made && made.error().code != duplicate_object) return fail(made.error());
    TRY_ASSIGN(found, slot(primary, name, deadline));
  }
  if (found && found->plugin.empty()) return *found;
  Error error;
  error.kind = ErrorKind::conflict;
  error.object = "replication slot " + name;
  error.what = "is not the one that was asked for";
  error.expected = "a physical slot";
  error.seen = found ? "a logical slot of " + found->plugin : "none any more";
  return fail(error);
}

// OFFSET 0 keeps the two calls in this order.
Result<void> renew_physical_slot(Connection& primary, const std::string& name, Deadline deadline) {
  TRY(
      primary.query("SELECT pg_catalog.pg_create_physical_replication_slot($1, true) "
                    "FROM (SELECT pg_catalog.pg_drop_replication_slot($1) OFFSET 0) AS dropped",
                    {name}, deadline));
  return {};
}

// Only an active slot refuses to be dropped. Its sender is ended; a subscriber that connects again meets us before
// long.
Result<void> drop_slot(Connection& primary, const std::string& name, Deadline deadline) {
  return wait_until(
      fmt::format("replication slot {} was dropped", name), deadline, std::chrono::milliseconds(5), nullptr,
      [&]() -> Result<bool> {
        const auto one_try = Deadline::in(std::max<Duration>(deadline.left(), std::chrono::milliseconds(100)));
        TRY(
            primary.query("SELECT pg_catalog.pg_terminate_backend(active_pid) FROM pg_catalog.pg_replication_slots "
                          "WHERE slot_name = $1 AND active_pid IS NOT NULL",
                          {name}, one_try));
        const auto dropped = primary.query("SELECT pg_catalog.pg_drop_replication_slot($1)", {name}, one_try);
        if (dropped || dropped.error().code == undefined_object) return true;
        if (dropped.error().code == object_in_use) return false;
        return fail(dropped.error());
      });
}

}  // namespace pgcleave::postgres
