#include "checks/schema/row_security.h"

#include "base/format.h"

namespace pgcleave::checks {

// Before 16 rows are applied as the subscription's owner, who has to be superuser there.
Findings judge_row_security(const RowSecuritySeen& seen) {
  Findings found;
  if (seen.version < postgres::origins_since) return found;
  for (const auto& table : seen.of_moved.forced) {
    found.push_back(
        {"schema.row_security_forced", seen.of_moved.bypassed ? Severity::note : Severity::blocker,
         fmt::format("table {} on {}", table.sql(), seen.side), "it has FORCE ROW LEVEL SECURITY",
         "SELECT oid::regclass FROM pg_class WHERE relrowsecurity AND relforcerowsecurity",
         seen.of_moved.bypassed
             ? fmt::format(
                   "the links apply rows as {} (run_as_owner), which row security does not stop, and not as each "
                   "table's owner",
                   seen.role)
             : "row security stops replication at the first row of it: the links apply as its owner, and may as nobody "
               "else",
         seen.of_moved.bypassed ? "nothing to do"
                                : fmt::format("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY; or ALTER ROLE {} BYPASSRLS",
                                              table.sql(), postgres::quote_identifier(seen.role))});
  }
  return found;
}

}  // namespace pgcleave::checks
