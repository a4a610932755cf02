#include "app/members_behind.h"

#include "steps/patroni/member_fixing.h"
#include "world/world_standby.h"

namespace pgcleave::app {

std::vector<std::string> members_behind(world::World& world, Deadline deadline) {
  std::vector<std::string> behind;
  auto& target = world.target;
  if (!world::is_standby(target, deadline)) return behind;
  const auto view = target.patroni().view(deadline);
  auto leader = target.leader(deadline);
  if (!view || !leader) return behind;
  const auto members = world::inspect_members(target, *view, **leader, deadline);
  if (!members) return behind;
  for (const auto& member : *members) {
    if (!member.problem().empty()) behind.push_back(steps::left_behind(target, member));
  }
  return behind;
}

}  // namespace pgcleave::app
