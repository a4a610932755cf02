#include "postgres/writes.h"

#include <numeric>

namespace pgcleave::postgres {
namespace {

// The history file of the current timeline is written by the promotion. Its time is in whole seconds.
constexpr const char* state_sql = R"sql(
    WITH promotion AS (
      SELECT (pg_catalog.pg_stat_file(
               'pg_wal/' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8)
                                      || '.history', true)).modification AS at
       WHERE NOT pg_catalog.pg_is_in_recovery())
    SELECT to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS promoted_at,
           COALESCE(GREATEST((SELECT stats_reset FROM pg_catalog.pg_stat_database
                              WHERE datname = pg_catalog.current_database()),
                             (SELECT stats_reset FROM pg_catalog.pg_stat_bgwriter))
                      > p.at + interval '1 second', false) AS reset,
           pg_catalog.current_setting('track_counts')::bool AS counting,
           (SELECT min(CASE WHEN a.state = 'idle' THEN extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)
                       ELSE 0 END * 1000000)::int8
              FROM pg_catalog.pg_stat_activity a
             WHERE a.backend_type = 'client backend' AND a.datname = pg_catalog.current_database()
               AND a.application_name NOT IN ('pgcleave sampler', 'pgcleave holds writers')
               AND a.pid <> pg_catalog.pg_backend_pid()) AS quiet_us
      FROM (SELECT) one LEFT JOIN promotion p ON true)sql";

constexpr const char* writes_sql = R"sql(
    SELECT s.schemaname, s.relname, s.n_tup_ins + s.n_tup_upd + s.n_tup_del AS rows
      FROM pg_catalog.pg_stat_all_tables s
      JOIN unnest($1::text[], $2::text[]) AS wanted(schema, name)
        ON s.schemaname = wanted.schema AND s.relname = wanted.name
     WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
     ORDER BY 3 DESC, 1, 2)sql";

}  // namespace

std::int64_t Writes::rows() const {
  return std::accumulate(tables.begin(), tables.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& table) { return sum + table.rows; });
}

Result<Writes> writes(Connection& connection, const std::vector<TableName>& tables, Deadline deadline) {
  const auto named = name_arrays(tables);
  // Who is quiet is asked first: what is handed in between the two questions is in the counters.
  TRY_ASSIGN(const Rows state, connection.query(state_sql, {}, deadline));
  TRY_ASSIGN(const Rows rows, connection.query(writes_sql, {named.schemas, named.names}, deadline));
  Writes found;
  found.promoted_at = state.text(0, "promoted_at");
  found.counters_were_reset = state.boolean(0, "reset");
  found.counting = state.boolean(0, "counting");
  found.quiet_for =
      state.is_null(0, "quiet_us") ? Duration(std::chrono::hours(24)) : Duration(state.number(0, "quiet_us"));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.tables.push_back({{rows.text(row, "schemaname"), rows.text(row, "relname")}, rows.number(row, "rows")});
  }
  return found;
}

Result<std::map<TableName, std::uint32_t>> file_nodes(Connection& connection, const std::vector<TableName>& tables,
                                                      Deadline deadline) {
  const auto named = name_arrays(tables);
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, pg_catalog.pg_relation_filenode(c.oid)::int8 AS node
        FROM unnest($1::text[], $2::text[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
       WHERE c.relkind = 'r')sql",
                                               {named.schemas, named.names}, deadline));
  std::map<TableName, std::uint32_t> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found[{rows.text(row, "nspname"), rows.text(row, "relname")}] =
        static_cast<std::uint32_t>(rows.number(row, "node"));
  }
  return found;
}

}  // namespace pgcleave::postgres
