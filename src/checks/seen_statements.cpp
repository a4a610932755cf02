#include "checks/seen_statements.h"

#include "base/format.h"

namespace pgcleave::checks {
namespace {

// Longer texts than an application writes by hand are lists of constants; they would fill memory.
constexpr auto statements_sql = R"sql(
  SELECT s.queryid, pg_catalog.string_agg(r.rolname, ', ' ORDER BY s.calls DESC, r.rolname) AS users,
         pg_catalog.sum(s.calls) AS calls,
         pg_catalog.string_agg(r.rolname || ' ' || s.calls, ', ' ORDER BY s.calls DESC, r.rolname) AS calls_by_user,
         pg_catalog.sum(s.total_ms) AS total_ms, pg_catalog.min(s.query) AS query
    FROM (SELECT queryid, userid, pg_catalog.sum(calls) AS calls, pg_catalog.sum(total_exec_time) AS total_ms,
                 pg_catalog.min(query) AS query
            FROM {0}.pg_stat_statements
           WHERE queryid IS NOT NULL AND pg_catalog.octet_length(query) <= 50000
             AND dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
           GROUP BY 1, 2) s
    JOIN pg_catalog.pg_roles r ON r.oid = s.userid
   WHERE r.rolname <> session_user
   GROUP BY 1
   ORDER BY 3 DESC, 1
   LIMIT 20000)sql";

}  // namespace

Result<SeenStatements> seen_statements(postgres::Connection& connection, Deadline deadline) {
  SeenStatements seen;
  TRY_ASSIGN(const auto place, connection.query(R"sql(
      SELECT n.nspname, COALESCE(pg_catalog.current_setting('pg_stat_statements.max', true), '') <> '' AS loaded
        FROM (SELECT) one LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'pg_stat_statements'
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace)sql",
                                                {}, deadline));
  if (place.is_null(0, "nspname") || !place.boolean(0, "loaded")) {
    seen.why_not = place.boolean(0, "loaded") ? "the extension pg_stat_statements is not in this database"
                                              : "pg_stat_statements is not in shared_preload_libraries";
    seen.fix =
        place.boolean(0, "loaded")
            ? "CREATE EXTENSION pg_stat_statements"
            : "add it to shared_preload_libraries, restart the server, then: CREATE EXTENSION pg_stat_statements";
    return seen;
  }
  seen.known = true;
  const auto schema = postgres::quote_identifier(place.text(0, "nspname"));
  TRY_ASSIGN(const auto info,
             connection.query(fmt::format("SELECT dealloc FROM {}.pg_stat_statements_info", schema), {}, deadline));
  seen.evicted = info.number(0, "dealloc");
  TRY_ASSIGN(const auto rows, connection.query(fmt::format(statements_sql, schema), {}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    seen.all.push_back({rows.text(row, "queryid"), rows.text(row, "users"), rows.number(row, "calls"),
                        std::atof(rows.text(row, "total_ms").c_str()), rows.text(row, "query"),
                        rows.text(row, "calls_by_user")});
  }
  return seen;
}

}  // namespace pgcleave::checks
