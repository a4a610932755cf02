#include "base/format.h"
#include "postgres/fence_sql.h"
#include "postgres/replication.h"

namespace pgcleave::postgres {

Result<void> write_canary(Connection& primary, const std::string& split, const std::string& token, Deadline deadline) {
  TRY(primary.query(fmt::format("INSERT INTO {} (token) VALUES ($1) ON CONFLICT (token) DO UPDATE SET at = pg_catalog.clock_timestamp()",
                                fence_object("canary", split)),
                    {token}, deadline));
  return {};
}

Result<bool> canary_arrived(Connection& connection, const std::string& split, const std::string& token, Deadline deadline) {
  TRY_ASSIGN(const Rows rows,
             connection.query(fmt::format("SELECT FROM {} WHERE token = $1", fence_object("canary", split)), {token}, deadline));
  return !rows.empty();
}

}  // namespace pgcleave::postgres
