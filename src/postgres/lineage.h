// The timelines that a server has come by, oldest first, each with the LSN at which it began. Two servers of one origin
// share the first ones.
#pragma once

#include <cstdint>
#include <vector>

#include "base/lsn.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

struct Timeline {
  std::uint32_t id = 0;
  Lsn from;  // 0/0: the first one
  bool operator==(const Timeline&) const = default;
};

// Of a primary, from its timeline history file (PostgreSQL 15). The last one is the timeline that it writes now.
Result<std::vector<Timeline>> lineage(Connection& primary, Deadline deadline);

// How many promotions a server has gone through that the other one has not: 1 right after it was promoted beside the
// other one, 2 and more when it failed over since, or was started anew by Patroni, which begins a timeline too (3.0.2).
int promotions_since_fork(const std::vector<Timeline>& server, const std::vector<Timeline>& other);

}  // namespace pgcleave::postgres
