#include "compare/horizon.h"

#include "base/fields.h"
#include "base/format.h"
#include "postgres/identity.h"
#include "postgres/wal.h"

namespace pgcleave::compare {
namespace {

// A number of 32 bits is compared modulo 2^32, so it tells before from after within 2^31. Half of it is left for what
// is written while blocks are read.
constexpr std::int64_t most_transactions = std::int64_t{1} << 30;

// The snapshot is of the begin of the statement, the position of later.
constexpr const char* horizon_sql = R"sql(
SELECT pg_catalog.pg_snapshot_xmin(s.now)::text AS xid, pg_catalog.pg_snapshot_xmax(s.now)::text AS next,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
            ELSE pg_catalog.pg_current_wal_insert_lsn() END AS position
  FROM (SELECT pg_catalog.pg_current_snapshot() AS now OFFSET 0) s)sql";

}  // namespace

Json Horizon::json() const {
  return {{"server", server}, {"xid", xid}, {"next", next}, {"position", position.text()}};
}

Horizon horizon_in(const Json& json) {
  Horizon horizon;
  const auto position = parse_lsn(text_in(json, "position"));
  if (!position) return horizon;
  horizon.server = text_in(json, "server");
  horizon.xid = whole_in(json, "xid");
  horizon.next = whole_in(json, "next");
  horizon.position = *position;
  return horizon;
}

Result<Horizon> read_horizon(postgres::Connection& connection, const std::string& label, Deadline deadline) {
  TRY_ASSIGN(const auto who, postgres::identify(connection, deadline));
  TRY_ASSIGN(const auto rows, connection.query(horizon_sql, {}, deadline));
  Horizon horizon;
  if (who.system_identifier.empty() || rows.is_null(0, "position")) return horizon;
  TRY_ASSIGN(horizon.position, parse_lsn(rows.text(0, "position")));
  horizon.server = fmt::format("{}, system {}, database {}, timeline {}", label, who.system_identifier,
                               who.database_oid, who.timeline);
  horizon.xid = rows.number(0, "xid");
  horizon.next = rows.number(0, "next");
  return horizon;
}

Result<void> make_durable(postgres::Connection& connection, const Horizon& horizon, Deadline deadline) {
  TRY_ASSIGN(const auto seen, postgres::recovery(connection, deadline));
  return seen.in_recovery ? Result<void>() : postgres::flush_wal(connection, horizon.position, deadline);
}

std::string why_useless(const Horizon& earlier, const Horizon& now) {
  if (earlier.server.empty() || now.server.empty()) return "which server it was is not known";
  if (earlier.server != now.server)
    return fmt::format("it was made of another server or timeline: {}, now {}", earlier.server, now.server);
  if (now.xid < earlier.xid || now.next < earlier.next || now.position < earlier.position)
    return now.server + " has gone back to an earlier state since";
  if (now.next - earlier.xid > most_transactions) return "too many transactions were begun since on " + now.server;
  return "";
}

std::string written_since_sql(const Horizon& horizon) {
  return fmt::format("pg_catalog.age(row.xmin) <= pg_catalog.age('{}'::pg_catalog.xid)",
                     static_cast<std::uint32_t>(horizon.xid));
}

}  // namespace pgcleave::compare
