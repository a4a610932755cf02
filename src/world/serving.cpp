#include "world/serving.h"

namespace pgcleave::world {

const char* name_of(Serving serving) {
  switch (serving) {
    case Serving::source: return "source";
    case Serving::target: return "target";
    case Serving::both: return "both";
    case Serving::nobody: return "nobody";
    case Serving::unknown: return "unknown";
  }
  return "unknown";
}

std::optional<Serving> serving_named(const std::string& text) {
  for (const auto serving : {Serving::source, Serving::target, Serving::both, Serving::nobody, Serving::unknown}) {
    if (text == name_of(serving)) return serving;
  }
  return std::nullopt;
}

std::optional<SideName> side_of(Serving serving) {
  if (serving == Serving::source) return SideName::source;
  if (serving == Serving::target) return SideName::target;
  return std::nullopt;
}

Serving serving(World& world, Deadline deadline) {
  const auto owner_on = [&](Side& side, Deadline until) -> Result<std::optional<fence::Owner>> {
    TRY_ASSIGN(auto* leader, side.leader(until));
    return fence::owner(*leader, world.split.name, until);
  };
  const auto target = owner_on(world.target, deadline);
  const bool target_owns = target && *target == fence::Owner::target;
  const auto source =
      owner_on(world.source, target_owns ? deadline.or_earlier(Deadline::in(std::chrono::seconds(1))) : deadline);
  if (target_owns) return source && *source == fence::Owner::source ? Serving::both : Serving::target;
  if (!source) return Serving::unknown;
  if (!source->has_value() || **source == fence::Owner::source) return Serving::source;
  return target ? Serving::nobody : Serving::unknown;
}

}  // namespace pgcleave::world
