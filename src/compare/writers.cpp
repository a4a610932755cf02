#include "compare/writers.h"

#include <algorithm>
#include <string>
#include <vector>

namespace pgcleave::compare {
namespace {

constexpr Duration between_two_looks = std::chrono::milliseconds(2);

// A prepared transaction has no session of its own: COMMIT PREPARED is given in any.
constexpr const char* writers_sql = R"sql(
  SELECT DISTINCT l.virtualtransaction AS transaction
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'relation' AND l.granted AND l.relation = pg_catalog.to_regclass($1)::oid
     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
     AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
     AND (a.backend_type IS DISTINCT FROM 'client backend' OR COALESCE(a.state, '') NOT LIKE 'idle in transaction%')
   ORDER BY 1)sql";

using Transactions = std::vector<std::string>;  // sorted

Result<Transactions> writers(postgres::Connection& original, const postgres::TableName& table, Deadline deadline) {
  TRY_ASSIGN(const auto rows, original.query(writers_sql, {table.sql()}, deadline));
  Transactions found;
  for (std::size_t row = 0; row < rows.size(); ++row) found.push_back(rows.text(row, "transaction"));
  std::sort(found.begin(), found.end());  // as C++ sorts, whatever the database does
  return found;
}

}  // namespace

Result<bool> let_commits_be_shown(postgres::Connection& original, const postgres::TableName& table, Duration patience,
                                  const StopFlag* stop) {
  const auto deadline = Deadline::in(patience);
  const auto began = Monotonic::now();
  TRY_ASSIGN(auto waited_for, writers(original, table, deadline.for_one_read()));
  while (!waited_for.empty()) {
    if (deadline.passed()) return false;
    if (!sleep_until(deadline, rested(between_two_looks, began), stop))
      return fail(gave_up("commits are shown by " + original.name(), true));
    TRY_ASSIGN(const auto now, writers(original, table, deadline.for_one_read()));
    Transactions still;
    std::set_intersection(waited_for.begin(), waited_for.end(), now.begin(), now.end(), std::back_inserter(still));
    waited_for = std::move(still);
  }
  return true;
}

}  // namespace pgcleave::compare
