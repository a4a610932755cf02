#include "postgres/prepared.h"

#include "base/format.h"

namespace pgcleave::postgres {
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
