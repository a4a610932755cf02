#include "cli/members_behind.h"

#include "steps/member_mending.h"
#include "steps/world_standby.h"

namespace pgcleave::cli {

std::vector<std::string> members_behind(steps::World& world, Deadline deadline) {
  std::vector<std::string> behind;
  auto& target = world.target;
  if (!steps::is_standby(target, deadline)) return behind;
  const auto view = target.patroni().view(deadline);
  auto leader = target.leader(deadline);
  if (!view || !leader) return behind;
  const auto members = steps::inspect_members(target, *view, **leader, deadline);
  if (!members) return behind;
  for (const auto& member : *members) {
    if (!member.problem().empty()) behind.push_back(steps::left_behind(target, member));
  }
  return behind;
}

}  // namespace pgcleave::cli
