#include "steps/pgbouncer/fleet_state.h"

#include <algorithm>
#include <iterator>

#include "base/address.h"
#include "base/format.h"

namespace pgcleave::steps {
namespace {

std::string text_of(const std::optional<pgbouncer::Route>& route) {
  return route ? address_text(route->host, route->port) : "nothing";
}

Result<std::vector<pgbouncer::Fleet::Routes>> routes(Context& context) {
  auto all = context.world.fleet.routes(context.deadline);
  for (const auto& bouncer : all) {
    if (!bouncer.error.empty()) {
      return fail({ErrorKind::failed, bouncer.name, "the bouncer can't be looked at", "", bouncer.error, "", ""});
    }
  }
  return all;
}

}  // namespace

Result<Observation> observe_paused(Context& context) {
  TRY_ASSIGN(const auto all, routes(context));
  Observation seen;
  const auto paused = std::count_if(all.begin(), all.end(), [](const auto& bouncer) { return bouncer.paused; });
  seen.evidence = fmt::format("{} of {} bouncers paused", paused, all.size());
  if (paused == std::ssize(all)) seen.state = State::done;
  return seen;
}

Result<Observation> observe_resumed(Context& context) {
  TRY_ASSIGN(const auto all, routes(context));
  Observation seen;
  const auto waiting =
      std::count_if(all.begin(), all.end(), [](const auto& bouncer) { return bouncer.keeps_clients_waiting(); });
  seen.evidence = fmt::format("{} of {} bouncers paused", waiting, all.size());
  bool at_file = true;
  for (const auto& bouncer : all) {
    if (bouncer.file == bouncer.running) continue;
    at_file = false;
    seen.evidence +=
        fmt::format(", {} at {} (its file says {})", bouncer.name, text_of(bouncer.running), text_of(bouncer.file));
  }
  if (waiting == 0 && at_file) seen.state = State::done;
  return seen;
}

Result<Observation> observe_route(Context& context, SideName side, Routed routed) {
  TRY_ASSIGN(const auto wanted, context.world.route_to(side, context.deadline));
  TRY_ASSIGN(const auto all, routes(context));
  Observation seen;
  bool everywhere = true;
  for (const auto& bouncer : all) {
    const bool will_be = routed == Routed::once_resumed && bouncer.paused;
    everywhere = everywhere && bouncer.file == wanted && (bouncer.running == wanted || will_be);
    seen.evidence +=
        fmt::format("{}{} at {}", seen.evidence.empty() ? "" : ", ", bouncer.name, text_of(bouncer.running));
    if (bouncer.file != bouncer.running) seen.evidence += fmt::format(" (its file says {})", text_of(bouncer.file));
  }
  if (everywhere) seen.state = State::done;
  const auto other = context.world.route_to(config::other(side), context.deadline.for_one_read());
  // Unknown where the other side's leader is followed and there is none now.
  seen.before = {{"host", other ? other->host : ""}, {"port", other ? other->port : 0}};
  return seen;
}

Result<void> resume_fleet(Context& context, At at) {
  auto& world = context.world;
  TRY(world.effects->perform(
      fmt::format("RESUME the moved tables' pool on {}{}", world.bouncer_names(),
                  at == At::file ? ", with RELOAD where it was repointed" : ""),
      [&]() -> Result<Json> {
        TRY(at == At::file ? world.fleet.resume_at_file(context.deadline) : world.fleet.resume(context.deadline));
        return Json();
      },
      Traffic::resume));
  TRY(world.effects->perform(fmt::format("give {} the settings again that the pause SET", world.bouncer_names()),
                             [&]() -> Result<Json> {
                               TRY(world.fleet.restore_settings(context.deadline));
                               return Json();
                             }));
  return {};
}

}  // namespace pgcleave::steps
