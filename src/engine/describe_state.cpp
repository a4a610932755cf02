#include "engine/describe_state.h"

#include "base/format.h"
#include "world/serving.h"

namespace pgcleave::engine {
namespace {

constexpr auto time_for_owners = std::chrono::seconds(5);
constexpr auto time_for_bouncers = std::chrono::seconds(2);
constexpr auto time_for_clients = std::chrono::seconds(2);

using Lines = std::vector<std::string>;

// `owner`: the side that owns, if one does. Through a bouncer that leads elsewhere clients reach the wrong cluster,
// though they reach one.
Lines not_served(const std::vector<world::AskedAsClient>& asked, const world::Side* owner) {
  Lines lines;
  for (const auto& one : asked) {
    if (!one.problem.empty()) {
      lines.push_back(fmt::format("clients are NOT SERVED through {} ({})", one.bouncer, one.problem));
    } else if (owner != nullptr && one.cluster != owner->access().scope) {
      lines.push_back(fmt::format("clients of {} reach {}, not {}", one.bouncer, one.cluster, owner->label()));
    }
  }
  return lines;
}

std::string of_clients(world::World& world, const world::Side* owner) {
  Lines paused;
  Lines lines;
  for (const auto& bouncer : world.fleet.routes(Deadline::in(time_for_bouncers))) {
    if (bouncer.keeps_clients_waiting()) paused.push_back(bouncer.name);
    if (!bouncer.running) lines.push_back(fmt::format("{} can't be asked ({})", bouncer.name, bouncer.error));
  }
  if (!paused.empty()) lines.insert(lines.begin(), fmt::format("clients WAIT at {}", fmt::join(paused, ", ")));
  const auto asked = world::ask_as_client(world, paused, Deadline::in(time_for_clients));
  for (auto& line : not_served(asked, owner)) lines.push_back(std::move(line));
  if (!lines.empty()) return fmt::format("{}", fmt::join(lines, "; "));
  return asked.empty() ? "no pool is paused" : "clients do not wait";
}

}  // namespace

world::Serving serving(world::World& world) {
  const auto deadline = Deadline::in(time_for_owners);
  const auto serves = world::serving(world, deadline);
  // Of swapped sides the source is a standby.
  return serves == world::Serving::source && world::is_standby(world.source, deadline) ? world::Serving::unknown
                                                                                       : serves;
}

std::string describe_state(world::World& world, world::Serving serves, const std::string& again) {
  const auto side = world::side_of(serves);
  const auto* owner = side ? &world.side(*side) : nullptr;
  std::string text;
  switch (serves) {
    case world::Serving::source:
    case world::Serving::target: text = owner->label() + " owns the moved tables"; break;
    case world::Serving::both:
      text = fmt::format("{} and {} BOTH own the moved tables: pgcleave repair-owner{}", world.source.label(),
                         world.target.label(), again);
      break;
    case world::Serving::nobody: text = "nobody owns the moved tables: their writes fail"; break;
    case world::Serving::unknown: text = "who owns the moved tables can't be seen"; break;
  }
  return text + "; " + of_clients(world, owner);
}

}  // namespace pgcleave::engine
