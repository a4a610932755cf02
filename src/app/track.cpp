#include "app/track.h"

#include <map>

#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "journal/samples.h"
#include "world/world.h"

namespace pgcleave::app {
namespace {

constexpr auto longest_round = std::chrono::seconds(5);

// Said when it changes: who can't be asked for an hour is not named 360 times.
void tell_unseen(const watch::Round& round, std::map<std::string, std::string>& told) {
  std::map<std::string, std::string> now;
  for (const auto& [scope, error] : round.unseen) {
    now[scope] = error.what;
    if (const auto before = told.find(scope); before == told.end() || before->second != error.what)
      log::warn(scope + ": " + printable(error.text()));
  }
  for (const auto& [scope, what] : told) {
    if (!now.contains(scope)) log::info(scope + ": answers again");
  }
  told = std::move(now);
}

// A side that is down is told round by round; then the tables are the ones of the other, or none.
world::World world_to_watch(const config::Environment& environment, const config::Split& split) {
  auto world = world::open_world(environment, split, Deadline::in(longest_round));
  if (world) return std::move(*world);
  log::warn("the numbers of moved tables are left out: " + world.error().text());
  return world::unopened_world(environment, split);
}

}  // namespace

Result<void> track(const config::Environment& environment, const config::Split& split, const TrackAsked& asked,
                   const std::function<bool(const watch::Round& round)>& told) {
  TRY_ASSIGN(auto samples, journal::Samples::open(asked.samples, Deadline::in(std::chrono::seconds(5))));
  auto world = world_to_watch(environment, split);
  log::info(fmt::format("every {} into {}", to_text(asked.every), asked.samples));
  watch::Sampler sampler(watch::sources_of(world), "");
  std::map<std::string, std::string> unseen;
  while (true) {
    const auto next = Deadline::in(asked.every);
    const auto round = sampler.round(Deadline::in(std::min<Duration>(asked.every, longest_round)));
    TRY(samples.append(round.samples));
    const bool listens = told(round);
    tell_unseen(round, unseen);
    if (!listens || (asked.end && next.when() >= asked.end->when())) return {};
    sleep_until(next, asked.every, nullptr);
  }
}

}  // namespace pgcleave::app
