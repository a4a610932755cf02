#include "postgres/flushed.h"

namespace pgcleave::postgres {

Result<std::vector<Flushed>> flushed(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, primary.query(R"sql(
      SELECT r.application_name, r.state, r.flush_lsn
        FROM pg_catalog.pg_stat_replication r
       WHERE r.pid NOT IN (SELECT s.active_pid FROM pg_catalog.pg_replication_slots s
                            WHERE s.slot_type = 'logical' AND s.active_pid IS NOT NULL)
       ORDER BY 1, r.pid)sql",
                                            {}, deadline));
  std::vector<Flushed> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    TRY_ASSIGN(const auto lsn, rows.lsn(row, "flush_lsn"));
    found.push_back({rows.text(row, "application_name"), rows.text(row, "state"), lsn});
  }
  return found;
}

}  // namespace pgcleave::postgres
