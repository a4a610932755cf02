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

}  // namespace pgcleave::postgres
