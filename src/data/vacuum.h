// VACUUM (ANALYZE) of a table's leaves, paced by the throttle: it waits as long as an indicator says stop or autovacuum
// is at work on the table, and what is under way is cancelled then and begun again. A session that waits for a lock of
// it can't be: VACUUM gives way by itself where it would truncate, and takes no lock that clients notice else.
#pragma once

#include <vector>

#include "data/build_session.h"
#include "data/table.h"
#include "data/throttle.h"

namespace pgcleave::data {

// Of one leaf, by the server's statistics, which lag behind by a second or so.
struct DeadRows {
  Leaf leaf;
  std::int64_t dead = 0;
  std::int64_t live = 0;
  [[nodiscard]] double percent() const;
};
Result<std::vector<DeadRows>> read_dead_rows(postgres::Connection& connection, const Table& table, Deadline deadline);

struct VacuumRequest {
  postgres::TableName table;
  double least_percent = 5;  // of dead rows; a leaf with less is left alone. Zero: each is vacuumed
  Duration cost_delay = std::chrono::milliseconds(2);
  Limits limits = {};
};

// Leaves that were vacuumed, with the dead rows that they had. `interrupted`, `timed_out`, `unknown` as BuildSession.
Result<std::vector<DeadRows>> vacuum(const VacuumRequest& request, BuildSurroundings around, Brake::Session beside);

}  // namespace pgcleave::data
