#include "postgres/statements_view.h"

namespace pgcleave::postgres {

Result<std::optional<std::string>> statements_function(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
       WHERE e.extname = 'pg_stat_statements')sql",
                                               {}, deadline));
  if (rows.empty()) return std::optional<std::string>();
  return quote_identifier(rows.text(0, "nspname")) + ".pg_stat_statements";
}

}  // namespace pgcleave::postgres
