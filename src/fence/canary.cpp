#include "fence/canary.h"

#include "base/format.h"

namespace pgcleave::fence {

postgres::TableName canary_of(const std::string& split, Owner writer) {
  return {"pgcleave", fmt::format("canary_{}_{}", name_of(writer), split)};
}

postgres::TableName probe_of(const std::string& split) {
  return {"pgcleave", "probe_" + split};
}

Result<void> write_canary(postgres::Connection& primary, const postgres::TableName& canary, const std::string& token,
                          Deadline deadline) {
  TRY(primary.query(
      fmt::format(
          "INSERT INTO {} (token) VALUES ($1) ON CONFLICT (token) DO UPDATE SET at = pg_catalog.clock_timestamp()",
          canary.sql()),
      {token}, deadline));
  return {};
}

Result<bool> canary_arrived(postgres::Connection& connection, const postgres::TableName& canary,
                            const std::string& token, Deadline deadline) {
  TRY_ASSIGN(const postgres::Rows rows,
             connection.query(fmt::format("SELECT FROM {} WHERE token = $1", canary.sql()), {token}, deadline));
  return !rows.empty();
}

}  // namespace pgcleave::fence
