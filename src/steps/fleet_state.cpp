#include "steps/fleet_state.h"

#include "base/format.h"

namespace pgcleave::steps {
namespace {

std::string text_of(const std::optional<pgbouncer::Route>& route) {
  return route ? fmt::format("{}:{}", route->host, route->port) : "nothing";
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

Result<Observation> observe_paused(Context& context, bool wanted) {
  TRY_ASSIGN(const auto all, routes(context));
  Observation seen;
  std::size_t paused = 0;
  for (const auto& bouncer : all) paused += bouncer.paused ? 1 : 0;
  seen.evidence = fmt::format("{} of {} bouncers paused", paused, all.size());
  if (paused == (wanted ? all.size() : 0)) seen.state = State::done;
  return seen;
}

Result<Observation> observe_route(Context& context, const std::string& side) {
  const auto wanted = context.world.route_to(side);
  TRY_ASSIGN(const auto all, routes(context));
  Observation seen;
  bool everywhere = true;
  for (const auto& bouncer : all) {
    everywhere = everywhere && bouncer.file == wanted && bouncer.running == wanted;
    seen.evidence += fmt::format("{}{} at {}", seen.evidence.empty() ? "" : ", ", bouncer.name, text_of(bouncer.running));
    if (bouncer.file != bouncer.running) seen.evidence += fmt::format(" (its file says {})", text_of(bouncer.file));
  }
  if (everywhere) seen.state = State::done;
  const auto& other = context.world.route_to(side == "target" ? "source" : "target");
  seen.before = {{"host", other.host}, {"port", other.port}};
  return seen;
}

Result<void> resume_fleet(Context& context) {
  auto& world = context.world;
  TRY(world.effects->perform(
      fmt::format("RESUME the moved tables' pool on {}", world.bouncer_names()),
      [&]() -> Result<Json> {
        TRY(world.fleet.resume(context.deadline));
        return Json();
      },
      Traffic::resume));
  TRY(world.effects->perform(
      fmt::format("give {} their own server_login_retry, min_pool_size and max_db_connections again", world.bouncer_names()),
      [&]() -> Result<Json> {
        TRY(world.fleet.give_back_settings(context.deadline));
        return Json();
      }));
  return {};
}

}  // namespace pgcleave::steps
