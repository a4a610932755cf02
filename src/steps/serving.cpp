#include "steps/serving.h"

namespace pgcleave::steps {

std::string serving(World& world, Deadline deadline) {
  const auto owner_on = [&](Side& side) -> Result<std::optional<postgres::Owner>> {
    TRY_ASSIGN(auto* leader, side.leader(deadline));
    return postgres::owner(*leader, world.split.name, deadline);
  };
  const auto target = owner_on(world.target);
  if (target && *target == postgres::Owner::target) return "target";
  const auto source = owner_on(world.source);
  if (!source) return "unknown";
  if (!source->has_value() || **source == postgres::Owner::source) return "source";
  return target ? "nobody" : "unknown";
}

}  // namespace pgcleave::steps
