#include "postgres/transactions.h"

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::postgres {

Result<std::vector<std::string>> oldest_transactions(Connection& connection, int limit, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT 'pid ' || pid || ' of ' || COALESCE(usename, '?') || ' (' || COALESCE(application_name, '') || ')' AS who,
             state,
             (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - xact_start) * 1000000)::int8 AS age_us, xact_start
        FROM pg_catalog.pg_stat_activity
       WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
      UNION ALL
      SELECT 'prepared transaction ' || quote_literal(gid) || ' of ' || owner, 'prepared',
             (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - prepared) * 1000000)::int8, prepared
        FROM pg_catalog.pg_prepared_xacts
       ORDER BY xact_start LIMIT $1)sql",
                                               {std::to_string(limit)}, deadline));
  std::vector<std::string> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back(fmt::format("{}, {} for {}", rows.text(row, "who"), rows.text(row, "state"),
                                to_text(Duration(rows.number(row, "age_us")))));
  }
  return found;
}

Result<std::optional<std::string>> keeps_from_vacuum(Connection& connection, std::int64_t transactions,
                                                     Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT who, age FROM (
        SELECT 'slot ' || slot_name || CASE WHEN active THEN '' ELSE ', which nobody uses,' END AS who,
               pg_catalog.age(xmin) AS age
          FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL
        UNION ALL
        SELECT 'prepared transaction ' || pg_catalog.quote_literal(gid) || ' of ' || owner, pg_catalog.age(transaction)
          FROM pg_catalog.pg_prepared_xacts
        UNION ALL
        SELECT 'pid ' || pid || ' of ' || COALESCE(usename, '?')
                 || ' (' || COALESCE(application_name, '') || ', ' || COALESCE(state, '?') || ')',
               pg_catalog.age(backend_xmin)
          FROM pg_catalog.pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()) holds
       WHERE age >= $1 ORDER BY age DESC, who LIMIT 1)sql",
                                               {std::to_string(transactions)}, deadline));
  if (rows.empty()) return std::optional<std::string>();
  return fmt::format("{} holds an xmin that is {} transactions old", rows.text(0, "who"), rows.text(0, "age"));
}

namespace {

Result<std::vector<PreparedTransaction>> prepared_by(Connection& connection, const std::string& condition,
                                                     Deadline deadline) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT p.gid, p.database, p.owner FROM pg_catalog.pg_prepared_xacts p WHERE " +
                                  condition + " ORDER BY p.database, p.gid",
                              {}, deadline));
  std::vector<PreparedTransaction> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({rows.text(row, "gid"), rows.text(row, "database"), rows.text(row, "owner")});
  }
  return found;
}

}  // namespace

std::string PreparedTransaction::text() const {
  return fmt::format("{} of {}", quote_literal(gid), owner);
}

Result<std::vector<PreparedTransaction>> prepared_transactions(Connection& connection, Deadline deadline) {
  return prepared_by(connection, "p.database = pg_catalog.current_database()", deadline);
}

// Clocks of two hosts differ, so transaction ids are compared: the row that announced the taking was written on this
// side.
Result<std::vector<PreparedTransaction>> copied_transactions(Connection& promoted, const std::string& split,
                                                             Deadline deadline) {
  auto found =
      prepared_by(promoted,
                  fmt::format("NOT EXISTS (SELECT FROM pgcleave.ownership_log l WHERE l.split = {} AND l.next = 2 AND "
                              "l.expected <> 2 AND pg_catalog.age(l.xmin) >= pg_catalog.age(p.transaction))",
                              quote_literal(split)),
                  deadline);
  if (!found && found.error().code == undefined_table) return prepared_by(promoted, "true", deadline);
  return found;
}

}  // namespace pgcleave::postgres
