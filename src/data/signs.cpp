#include "data/signs.h"

namespace pgcleave::data {
namespace {

// A base backup is no replica. A physical replica's own position is told by itself, a logical one's by its subscriber.
constexpr const char* replicas_sql = R"sql(
  SELECT 'replica ' || r.application_name AS name,
         pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::int8 AS lag
    FROM pg_catalog.pg_stat_replication r
   WHERE r.state IN ('streaming', 'catchup') AND r.replay_lsn IS NOT NULL
   ORDER BY 1)sql";

constexpr const char* slots_sql = R"sql(
  SELECT 'slot ' || s.slot_name AS name,
         pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::int8 AS lag
    FROM pg_catalog.pg_replication_slots s
   WHERE s.restart_lsn IS NOT NULL
   ORDER BY 1)sql";

constexpr const char* server_sql = R"sql(
  SELECT pg_catalog.pg_current_wal_insert_lsn() AS wal,
         (SELECT pg_catalog.date_part('hour', at) * 60 + pg_catalog.date_part('minute', at)
            FROM pg_catalog.timezone(COALESCE(NULLIF($2, ''), pg_catalog.current_setting('TimeZone')),
                                     pg_catalog.clock_timestamp()) at)::int4 AS minute,
         CASE WHEN pg_catalog.current_setting('archive_mode') <> 'off' THEN
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_ls_archive_statusdir() f WHERE f.name LIKE '%.ready')
         END AS archive_waiting,
         COALESCE(v.vacuumed, false) AS vacuumed, COALESCE(v.wraparound, false) AS wraparound
    FROM (SELECT true AS vacuumed, pg_catalog.bool_or(a.query LIKE '%(to prevent wraparound)%') AS wraparound
            FROM pg_catalog.pg_stat_progress_vacuum p
            JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid AND a.backend_type = 'autovacuum worker'
           WHERE p.relid = ANY ($1::oid[])
          HAVING pg_catalog.count(*) > 0) v
   RIGHT JOIN (SELECT) one ON true)sql";

Result<std::vector<Behind>> read_behind(postgres::Connection& primary, const char* sql, Deadline deadline) {
  TRY_ASSIGN(const auto rows, primary.query(sql, {}, deadline));
  std::vector<Behind> all;
  for (std::size_t row = 0; row < rows.size(); ++row)
    all.push_back({rows.text(row, "name"), Bytes{rows.number(row, "lag")}});
  return all;
}

}  // namespace

Result<void> check_zone(postgres::Connection& primary, const std::string& zone, Deadline deadline) {
  if (zone.empty()) return {};
  TRY_ASSIGN(const auto rows, primary.query("SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $1) "
                                            "AS known",
                                            {zone}, deadline));
  if (rows.boolean(0, "known")) return {};
  return fail({ErrorKind::invalid, "hours", "name a time zone that the server does not know", "", printable(zone),
               "write one of: SELECT name FROM pg_timezone_names", ""});
}

Result<Signs> read_signs(postgres::Connection& primary, const std::vector<std::uint32_t>& relations,
                         const std::string& zone, Deadline deadline) {
  Signs signs;
  TRY_ASSIGN(signs.replicas, read_behind(primary, replicas_sql, deadline));
  TRY_ASSIGN(signs.slots, read_behind(primary, slots_sql, deadline));
  std::vector<std::string> oids;
  for (const auto oid : relations) oids.push_back(std::to_string(oid));
  TRY_ASSIGN(const auto server, primary.query(server_sql, {postgres::array_literal(oids), zone}, deadline));
  TRY_ASSIGN(signs.wal, server.lsn(0, "wal"));
  signs.archive_waiting = server.number(0, "archive_waiting");
  signs.minute = static_cast<int>(server.number(0, "minute"));
  signs.vacuumed = server.boolean(0, "vacuumed");
  signs.wraparound = server.boolean(0, "wraparound");
  return signs;
}

// pg_blocking_pids locks the lock manager's tables for a moment: it is asked only of those that wait.
Result<std::int64_t> waiting_for(postgres::Connection& primary, int pid, Deadline deadline) {
  TRY_ASSIGN(const auto rows, primary.query(R"sql(
      SELECT pg_catalog.count(*) AS n FROM pg_catalog.pg_stat_activity a
       WHERE CASE WHEN a.wait_event_type = 'Lock' THEN $1::int4 = ANY (pg_catalog.pg_blocking_pids(a.pid)) END)sql",
                                            {std::to_string(pid)}, deadline));
  return rows.number(0, "n");
}

}  // namespace pgcleave::data
