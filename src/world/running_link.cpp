#include "world/running_link.h"

#include "postgres/replication.h"

namespace pgcleave::world {

Result<std::optional<Link>> running_link(World& world, Deadline deadline) {
  for (const auto direction : {Direction::forward, Direction::reverse}) {
    auto link = link_of(world, direction);
    TRY_ASSIGN(auto* from, link.from.leader(deadline));
    TRY_ASSIGN(auto* to, link.to.leader(deadline));
    TRY_ASSIGN(const auto publication, postgres::publication(*from, link.name, deadline));
    TRY_ASSIGN(const auto subscription, postgres::subscription(*to, link.name, deadline));
    if (publication && publication->open && subscription && subscription->enabled) return std::optional<Link>(link);
  }
  return std::optional<Link>{};
}

}  // namespace pgcleave::world
