#include "steps/serving.h"

namespace pgcleave::steps {

std::string serving(World& world, Deadline deadline) {
  const auto owner_on = [&](Side& side, Deadline until) -> Result<std::optional<postgres::Owner>> {
    TRY_ASSIGN(auto* leader, side.leader(until));
    return postgres::owner(*leader, world.split.name, until);
  };
  const auto target = owner_on(world.target, deadline);
  const bool target_owns = target && *target == postgres::Owner::target;
  const auto source = owner_on(world.source, target_owns ? deadline.or_earlier(Deadline::in(std::chrono::seconds(1))) : deadline);
  if (target_owns) return source && *source == postgres::Owner::source ? "both" : "target";
  if (!source) return "unknown";
  if (!source->has_value() || **source == postgres::Owner::source) return "source";
  return target ? "nobody" : "unknown";
}

}  // namespace pgcleave::steps
