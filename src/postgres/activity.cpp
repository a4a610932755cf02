#include "postgres/activity.h"

#include <cstdlib>
#include <map>

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::postgres {

namespace {

// BEGIN and the statement behind it are two round trips.
constexpr Duration same_moment = std::chrono::milliseconds(1);

Duration milliseconds_in(const Rows& rows, std::size_t row, const char* column) {
  return Duration(static_cast<std::int64_t>(std::strtod(rows.text(row, column).c_str(), nullptr) * 1000));
}

// Rows of others have no queryid without pg_read_all_stats.
std::map<std::string, StatementTimes> usual_times(Connection& connection, const std::vector<std::string>& queries,
                                                  Deadline deadline) {
  std::map<std::string, StatementTimes> times;
  const auto function = statements_function(connection, deadline);
  if (!function || !*function) return times;
  const auto rows = connection.query(fmt::format("SELECT s.queryid::text AS query, sum(s.calls)::int8 AS calls, "
                                                 "sum(s.total_exec_time) / sum(s.calls) AS mean, "
                                                 "max(s.stddev_exec_time) AS spread, max(s.max_exec_time) AS longest "
                                                 "FROM {}(false) s "
                                                 "WHERE s.queryid = ANY ($1::int8[]) AND s.calls > 0 "
                                                 "AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
                                                 "pg_catalog.current_database()) GROUP BY 1",
                                                 **function),
                                     {array_literal(queries)}, deadline);
  if (!rows) return times;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    times[rows->text(row, "query")] = {rows->number(row, "calls"), milliseconds_in(*rows, row, "mean"),
                                       milliseconds_in(*rows, row, "spread"), milliseconds_in(*rows, row, "longest")};
  }
  return times;
}

}  // namespace

std::string OpenTransaction::text() const {
  const auto who = application.empty() ? user : fmt::format("{} ({})", user, application);
  return fmt::format("pid {} of {}, {} for {}", pid, who, idle ? "idle in transaction" : "active", to_text(age));
}

Result<std::vector<OpenTransaction>> open_transactions(Connection& connection, const std::vector<int>& pids,
                                                       Deadline deadline) {
  std::vector<OpenTransaction> open;
  if (pids.empty()) return open;
  std::vector<std::string> asked;
  for (const auto pid : pids) asked.push_back(std::to_string(pid));
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT pid, COALESCE(usename, '?') AS who, COALESCE(application_name, '') AS application,
             state <> 'active' AS idle,
             (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - xact_start) * 1000000)::int8 AS age_us,
             (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - query_start) * 1000000)::int8 AS statement_us,
             COALESCE(query_id::text, '') AS query
        FROM pg_catalog.pg_stat_activity
       WHERE pid = ANY ($1::int4[]) AND xact_start IS NOT NULL AND query_start IS NOT NULL
       ORDER BY xact_start, pid)sql",
                                               {array_literal(asked)}, deadline));
  std::vector<std::string> queries;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    OpenTransaction one{static_cast<int>(rows.number(row, "pid")),
                        rows.text(row, "who"),
                        rows.text(row, "application"),
                        rows.boolean(row, "idle"),
                        Duration(rows.number(row, "age_us")),
                        Duration(rows.number(row, "statement_us")),
                        false,
                        std::nullopt};
    one.single_statement = one.age - one.statement_age < same_moment;
    open.push_back(one);
    if (!one.idle && !rows.text(row, "query").empty()) queries.push_back(rows.text(row, "query"));
  }
  if (queries.empty()) return open;
  const auto times = usual_times(connection, queries, deadline);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto known = times.find(rows.text(row, "query"));
    if (known != times.end() && !open[row].idle) open[row].usual = known->second;
  }
  return open;
}

Result<std::optional<std::string>> statements_function(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
       WHERE e.extname = 'pg_stat_statements')sql",
                                               {}, deadline));
  if (rows.empty()) return std::optional<std::string>();
  return quote_identifier(rows.text(0, "nspname")) + ".pg_stat_statements";
}

}  // namespace pgcleave::postgres
