// pgbouncer.repoint: the pool's write host, in each configuration file. A process that is paused takes it up when it is
// resumed.
#include "base/address.h"
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/pgbouncer/fleet_state.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare_pgbouncer_repoint(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

// As ${env.target_route} says it: runbooks compare the two. A leader's own address is told, so that it differs from
// "leader": whether that is still the leader has to be looked at.
Result<Json> outputs_of(Context& context) {
  TRY_ASSIGN(const auto route, context.world.route_to(context.side_name("to"), context.deadline));
  return Json{{"route", address_text(route.host, route.port)}};
}

bool is_zero(const std::string& number) {
  return number.find_first_not_of("0.") == std::string::npos;
}

// RELOAD resets what holds back logins. A run that died, or lost an answer, between the two must not let clients go
// like that: they would wait for server_login_retry.
Result<Observation> observe_pgbouncer_repoint(Context& context) {
  TRY_ASSIGN(auto seen, observe_route(context, context.side_name("to"), Routed::once_resumed));
  TRY_ASSIGN(seen.outputs, outputs_of(context));
  if (seen.state != State::done) return seen;
  for (const auto& bouncer : context.world.fleet.read_states(context.deadline)) {
    if (!bouncer.reachable)
      return fail({ErrorKind::failed, bouncer.name, "the bouncer can't be looked at", "", bouncer.error, "", ""});
    if (!bouncer.database.paused || is_zero(bouncer.server_login_retry)) continue;
    seen.state = State::pending;
    seen.evidence += fmt::format(", but {} does not hold back logins any more", bouncer.name);
  }
  return seen;
}

Result<Json> apply_pgbouncer_repoint(Context& context, const Json&) {
  auto& world = context.world;
  const auto to = context.side_name("to");
  TRY_ASSIGN(const auto route, world.route_to(to, context.deadline));
  TRY(world.effects->perform(fmt::format("point the pool of {} at {} ({})", world.bouncer_names(),
                                         address_text(route.host, route.port), world.side(to).label()),
                             [&]() -> Result<Json> {
                               auto repointed = world.fleet.repoint(route, context.deadline);
                               // Nothing staged, or the file was edited since: its text of now is staged, which keeps
                               // the edit.
                               if (!repointed && (repointed.error().kind == ErrorKind::not_ready ||
                                                  repointed.error().kind == ErrorKind::conflict)) {
                                 TRY(world.fleet.stage_route(route, context.deadline));
                                 repointed = world.fleet.repoint(route, context.deadline);
                               }
                               TRY(std::move(repointed));
                               return Json();
                             }));
  return outputs_of(context);
}

Result<void> undo_pgbouncer_repoint(Context& context, const Json& before, const Json&) {
  auto& world = context.world;
  pgbouncer::Route route{before.value("host", ""), before.value("port", 0)};
  // The other side's leader was not known then.
  if (route.port == 0) {
    TRY_ASSIGN(route, world.route_to(config::other(context.side_name("to")), context.deadline));
  }
  TRY(world.effects->perform(
      fmt::format("point the pool of {} back at {}", world.bouncer_names(), address_text(route.host, route.port)),
      [&]() -> Result<Json> {
        TRY(world.fleet.stage_route(route, context.deadline));
        TRY(world.fleet.repoint(route, context.deadline));
        return Json();
      }));
  return {};
}

}  // namespace

StepKind pgbouncer_repoint() {
  return {{.kind = "pgbouncer.repoint",
           .purpose = "Points the pool of all bouncers at a side, from when it is resumed on.",
           .parameters = {side_parameter("to", "the side that the pool points to from now on")},
           .outputs = {{"route", "host:port that the pool points at"}},
           .changes = "host and port of the pool in each configuration file; RELOAD of a process that is not paused",
           .undo = "points the pool back",
           .traits = {.changes = true, .routes = true}},
          prepare_pgbouncer_repoint,
          observe_pgbouncer_repoint,
          apply_pgbouncer_repoint,
          undo_pgbouncer_repoint,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
