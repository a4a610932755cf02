#include "checks/sessions.h"

#include <sstream>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

constexpr auto sample_sql = R"sql(
  SELECT a.pid, a.backend_start::text AS backend_start, a.usename, a.application_name, a.state, a.query,
         COALESCE(pg_catalog.host(a.client_addr) || ':' || a.client_port, 'local') AS address,
         COALESCE(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), 0)::float8 AS transaction_s,
         COALESCE(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change), 0)::float8 AS in_state_s,
         a.usename = session_user AND a.application_name = 'pgcleave' AS own, l.touched, l.written,
         COALESCE(l.advisory, 0) AS advisory
    FROM pg_catalog.pg_stat_activity a
    LEFT JOIN (SELECT pid,
                      pg_catalog.string_agg(relation::text, ' ') FILTER (WHERE locktype = 'relation') AS touched,
                      pg_catalog.string_agg(relation::text, ' ')
                        FILTER (WHERE locktype = 'relation' AND mode = 'RowExclusiveLock') AS written,
                      pg_catalog.count(*) FILTER (WHERE locktype = 'advisory') AS advisory
                 FROM pg_catalog.pg_locks
                WHERE granted AND database = (SELECT oid FROM pg_catalog.pg_database
                                              WHERE datname = pg_catalog.current_database())
                GROUP BY pid) l ON l.pid = a.pid
   WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
     AND a.pid <> pg_catalog.pg_backend_pid())sql";

double seconds(const postgres::Rows& rows, std::size_t row, const char* column) {
  return std::atof(rows.text(row, column).c_str());
}

}  // namespace

std::string Session::who() const {
  return fmt::format("pid {} of {} ({}) from {}", pid, user, application.empty() ? "no application name" : application,
                     address);
}

Sessions::Sessions(const world::SplitTables& tables) {
  for (const auto& table : tables.moved) tables_[fmt::format("{}", table.oid)] = {Part::moved, table.name};
  for (const auto& table : tables.kept) tables_[fmt::format("{}", table.oid)] = {Part::kept, table.name};
}

Result<void> Sessions::sample(postgres::Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(sample_sql, {}, deadline));
  ++samples_;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const int pid = static_cast<int>(rows.number(row, "pid"));
    auto& session = sessions_[{pid, rows.text(row, "backend_start")}];
    if (session.pid == 0) session.first_sample = samples_;
    session.pid = pid;
    session.backend_start = rows.text(row, "backend_start");
    session.user = rows.text(row, "usename");
    session.application = rows.text(row, "application_name");
    session.address = rows.text(row, "address");
    session.state = rows.text(row, "state");
    session.query = rows.text(row, "query");
    session.transaction_s = seconds(rows, row, "transaction_s");
    session.in_state_s = seconds(rows, row, "in_state_s");
    session.own = rows.boolean(row, "own");
    session.advisory_locks = rows.number(row, "advisory");
    session.last_sample = samples_;
    const auto each = [&](const char* column, auto take) {
      std::istringstream oids(rows.text(row, column));
      for (std::string oid; oids >> oid;) {
        if (const auto table = tables_.find(oid); table != tables_.end()) take(table->second);
      }
    };
    each("touched", [&](const auto& table) {
      (table.first == Part::moved ? session.touched.moved : session.touched.kept).insert(table.second);
    });
    std::set<std::pair<Part, postgres::TableName>> written;
    each("written", [&](const auto& table) {
      written.insert(table);
      session.touched.written.insert(table.second);
    });
    // The set is sorted by part.
    if (!written.empty() && written.begin()->first != written.rbegin()->first)
      session.together.insert(written.begin(), written.end());
  }
  return {};
}

std::vector<Session> Sessions::all() const {
  std::vector<Session> found;
  for (const auto& [key, session] : sessions_) found.push_back(session);
  return found;
}

}  // namespace pgcleave::checks
