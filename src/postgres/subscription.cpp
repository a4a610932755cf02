#include "base/format.h"
#include "postgres/connection.h"
#include "postgres/replication.h"

namespace pgcleave::postgres {
namespace {

// A value of libpq's key = 'value' form.
std::string conninfo_value(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

// CREATE SUBSCRIPTION makes the origin pg_<oid>; this sets how far it has come. Not undone by a rollback, but then
// nobody knows that origin any more.
std::string advance_sql(const std::string& name, Lsn from) {
  return fmt::format(
      "SET LOCAL synchronous_commit TO on; "
      "SELECT pg_catalog.pg_replication_origin_advance('pg_' || oid, {}) FROM pg_catalog.pg_subscription WHERE subname "
      "= {} "
      "AND subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
      quote_literal(from.text()), quote_literal(name));
}

// PostgreSQL 15 has none of these columns; its apply workers always run as the subscription's owner.
const char* option_columns(const Connection& connection) {
  return connection.server_version() >= origins_since
             ? "s.suborigin = 'none' AS local_only, s.subrunasowner AS as_owner"
             : "false AS local_only, true AS as_owner";
}

Result<void> give_options(Connection& primary, const Subscription& existing, const SubscriptionOptions& wanted,
                          Deadline deadline) {
  const auto options = options_sql(wanted, primary.server_version());
  if (options.empty() || existing.options == wanted) return {};
  TRY(primary.query(fmt::format("ALTER SUBSCRIPTION {} SET ({})", quote_identifier(existing.name), options), {},
                    deadline));
  return {};
}

}  // namespace

Result<std::optional<Subscription>> subscription(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(fmt::format(R"sql(
      SELECT s.oid, s.subenabled, s.subslotname, w.pid IS NOT NULL AS worker, w.latest_end_lsn, e.apply_error_count, {},
             CASE WHEN o.roname IS NOT NULL
               THEN pg_catalog.pg_replication_origin_progress(o.roname, true) END AS applied
        FROM pg_catalog.pg_subscription s
        LEFT JOIN pg_catalog.pg_replication_origin o ON o.roname = 'pg_' || s.oid
        LEFT JOIN pg_catalog.pg_stat_subscription w ON w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL
        LEFT JOIN pg_catalog.pg_stat_subscription_stats e ON e.subid = s.oid
       WHERE s.subname = $1
         AND s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
       ORDER BY w.latest_end_lsn DESC NULLS LAST LIMIT 1)sql",
                                                           option_columns(connection)),
                                               {name}, deadline));
  if (rows.empty()) return std::nullopt;
  Subscription found;
  found.name = name;
  found.enabled = rows.boolean(0, "subenabled");
  found.slot = rows.text(0, "subslotname");
  found.oid = static_cast<std::uint32_t>(rows.number(0, "oid"));
  found.worker = rows.boolean(0, "worker");
  found.apply_errors = rows.number(0, "apply_error_count");
  found.options = {rows.boolean(0, "local_only"), rows.boolean(0, "as_owner")};
  TRY_ASSIGN(found.applied, rows.lsn(0, "applied"));
  TRY_ASSIGN(found.latest_end, rows.lsn(0, "latest_end_lsn"));
  return found;
}

// connect = true, the default: with connect = false no table gets registered, and nothing would ever be applied
// (PostgreSQL 15).
Result<void> create_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, spec.name, deadline));
  if (existing) {
    if (existing->slot == spec.slot) return give_options(primary, *existing, spec.options, deadline);
    Error error;
    error.kind = ErrorKind::conflict;
    error.object = "subscription " + spec.name;
    error.what = "exists already and reads another slot";
    error.expected = spec.slot;
    error.seen = existing->slot.empty() ? "no slot" : existing->slot;
    error.hint = fmt::format(
        "if it is of no use any more: ALTER SUBSCRIPTION {0} DISABLE; ALTER SUBSCRIPTION {0} SET (slot_name = NONE); "
        "DROP SUBSCRIPTION {0}",
        quote_identifier(spec.name));
    return fail(error);
  }
  auto conninfo = spec.connection;
  if (!spec.password.empty()) conninfo += " password=" + conninfo_value(spec.password.reveal());
  auto options = options_sql(spec.options, primary.server_version());
  if (spec.failover && primary.server_version() >= failover_slots_since) options += ", failover = true";
  TRY(primary.simple(begin_unlogged, deadline));
  const auto created = primary.simple(
      fmt::format("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (enabled = false, "
                  "create_slot = false, copy_data = false, "
                  "slot_name = {}{}{}); {}; COMMIT",
                  quote_identifier(spec.name), quote_literal(conninfo), quote_identifier(spec.publication),
                  quote_literal(spec.slot), options.empty() ? "" : ", ", options,
                  spec.from ? advance_sql(spec.name, *spec.from) : "SET LOCAL synchronous_commit TO on"),
      deadline);
  if (created) return {};
  if (primary.alive() && !primary.simple("ROLLBACK", Deadline::in(std::chrono::seconds(1)))) primary.close();
  return fail(created.error());
}

Result<Lsn> applied(Connection& connection, const std::string& name, bool flushed, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT pg_catalog.pg_replication_origin_progress('pg_' || oid, $2) AS applied FROM pg_catalog.pg_subscription
       WHERE subname = $1 AND subdbid = (SELECT oid FROM pg_catalog.pg_database
                                         WHERE datname = pg_catalog.current_database()))sql",
                                               {name, flushed ? "t" : "f"}, deadline));
  if (!rows.empty()) return rows.lsn(0, "applied");
  Error error;
  error.kind = ErrorKind::not_ready;
  error.object = connection.name();
  error.what = "has no subscription " + name;
  return fail(error);
}

Result<void> enable_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  TRY(primary.query(fmt::format("ALTER SUBSCRIPTION {} ENABLE", quote_identifier(name)), {}, deadline));
  return {};
}

Result<void> disable_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, name, deadline));
  if (!existing) return {};
  TRY(primary.query(fmt::format("ALTER SUBSCRIPTION {} DISABLE", quote_identifier(name)), {}, deadline));
  return wait_until("the worker of subscription " + name + " has ended", deadline, std::chrono::milliseconds(5),
                    nullptr, [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto now, subscription(primary, name, deadline));
                      return !now || !now->worker;
                    });
}

// One transaction: DROP locks pg_subscription, so that the launcher starts no new worker, and ends the one that runs.
Result<void> drop_subscription(Connection& primary, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto existing, subscription(primary, name, deadline));
  if (!existing) return {};
  TRY(primary.simple(fmt::format("ALTER SUBSCRIPTION {0} DISABLE; ALTER SUBSCRIPTION {0} SET (slot_name = NONE); DROP "
                                 "SUBSCRIPTION IF EXISTS {0}",
                                 quote_identifier(name)),
                     deadline));
  return {};
}

}  // namespace pgcleave::postgres
