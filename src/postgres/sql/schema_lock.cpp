#include "postgres/sql/schema_lock.h"

namespace pgcleave::postgres {

Result<void> run_with_schema_lock(Connection& primary, const std::string& statements, Deadline deadline) {
  TRY(primary.query("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('pgcleave.schema', 0))", {},
                    deadline));
  const auto made = primary.simple(statements, deadline);
  if (!primary.alive()) return made ? Result<void>{} : fail(made.error());  // the lock went with its session
  const auto given_back = primary.query(
      "SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('pgcleave.schema', 0))", {}, deadline);
  if (!made) return fail(made.error());
  if (!given_back) return fail(given_back.error());
  return {};
}

}  // namespace pgcleave::postgres
