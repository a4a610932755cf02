#include "world/world_standby.h"

#include "postgres/wal.h"

namespace pgcleave::world {

bool is_standby(Side& side, Deadline deadline) {
  const auto leader = side.leader(deadline);
  if (!leader) return false;
  const auto recovery = postgres::recovery(**leader, deadline);
  return recovery && recovery->in_recovery;
}

}  // namespace pgcleave::world
