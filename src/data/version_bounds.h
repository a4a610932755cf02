// A small table that knows the lowest and the highest version of the rows of each group of a large one, so that the
// progress of a change from one version to another is read in milliseconds.
//
// Triggers for each statement (with transition tables) widen the bounds when rows are written. They never narrow them:
// that would lock a group until the client's transaction ends. A procedure beside the table does, group by group, each
// in a transaction of its own. So at any time no row of a group is outside of its bounds; bounds may be wider than the
// rows for a while, never narrower.
//
// Why that holds. A writer whose rows are outside of what it replaces locks its group (FOR KEY SHARE; FOR SHARE above
// READ COMMITTED, where a row that was narrowed meanwhile has to be an error), and clients do not wait for each other
// by that. The procedure locks the group FOR UPDATE, and leaves out one that a writer has: so it sees all rows that
// were written before, and whoever writes after it sees what it did.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/change.h"

namespace pgcleave::data {

struct VersionBounds {
  postgres::TableName table;
  postgres::TableName into;  // the small table; the procedure is called like it, with _narrow at its end
  std::vector<std::string> group;
  std::string version;

  // `invalid`: a column is not there, or of no use: a version that can't be ordered is found by PostgreSQL.
  [[nodiscard]] Result<void> check(const Table& seen) const;
  // The small table, its functions and the triggers of the table and of all its partitions, in one transaction. It
  // waits for writers of the table as `lock_timeout` of the session says. Idempotent.
  [[nodiscard]] std::string install_sql(const Table& seen) const;
  [[nodiscard]] std::string remove_sql() const;
  // What is there of it: columns `bounds` (the small table), `functions` and `triggers`, how many.
  [[nodiscard]] std::string seen_sql() const;
  // Puts rows that are there into the small table; what the triggers put there stays.
  [[nodiscard]] std::shared_ptr<Change> filling() const;
  // How many keep it.
  [[nodiscard]] static std::int64_t triggers(const Table& seen);
};

// TABLE_versions, in the table's schema.
postgres::TableName bounds_beside(const postgres::TableName& table);
// CALL schema.into_narrow()
std::string narrow_sql(const postgres::TableName& into);

}  // namespace pgcleave::data
