#include "postgres/transactions.h"

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::postgres {

Result<std::vector<std::string>> oldest_transactions(Connection& connection, int limit, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT 'pid ' || pid || ' of ' || COALESCE(usename, '?') || ' (' || COALESCE(application_name, '') || ')' AS who, state,
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
    found.push_back(
        fmt::format("{}, {} for {}", rows.text(row, "who"), rows.text(row, "state"), to_text(Duration(rows.number(row, "age_us")))));
  }
  return found;
}

}  // namespace pgcleave::postgres
