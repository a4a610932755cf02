// pgbouncer.pause: clients of the moved tables wait instead of failing.
#include "base/format.h"
#include "base/units.h"
#include "steps/pgbouncer/fleet_state.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

constexpr auto patience_in_an_emergency = std::chrono::milliseconds(1500);

Result<void> prepare_pgbouncer_pause(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

Result<Observation> observe_pgbouncer_pause(Context& context) {
  return observe_paused(context);
}

Result<Json> pause_all(Context& context, Deadline deadline) {
  auto& world = context.world;
  return world.effects->perform(
      fmt::format("PAUSE the moved tables' pool on {}", world.bouncer_names()),
      [&]() -> Result<Json> {
        TRY_ASSIGN(const auto report, world.fleet.pause(deadline, context.stop));
        Json outputs = Json::object();
        for (const auto& [name, took] : report.took) outputs["bouncers"][name] = milliseconds(took);
        return outputs;
      },
      Traffic::pause);
}

Result<Json> apply_pgbouncer_pause(Context& context, const Json&) {
  auto& world = context.world;
  // First, so that whoever can't be reached is known before any client waits.
  TRY(world.effects->perform(fmt::format("SET server_login_retry and min_pool_size to 0 on {}, and max_db_connections "
                                         "to 1 where no other database is served",
                                         world.bouncer_names()),
                             [&]() -> Result<Json> {
                               TRY(world.fleet.hold_back_logins(context.deadline));
                               return Json();
                             }));
  if (!world.run.emergency) return pause_all(context, context.deadline);
  auto paused = pause_all(context, context.deadline.or_earlier(Deadline::in(patience_in_an_emergency)));
  if (paused || paused.error().kind == ErrorKind::interrupted) return paused;
  // A server that does not answer never gives its connections back. What it has committed it keeps, whatever its client
  // was told.
  world.progress.say("PAUSE does not end: " + paused.error().seen);
  TRY(world.effects->perform(
      fmt::format("KILL the moved tables' pool on {}: its clients get an error", world.bouncer_names()),
      [&]() -> Result<Json> {
        TRY(world.fleet.kill(context.deadline));
        return Json();
      }));
  return pause_all(context, context.deadline);
}

Result<void> undo_pgbouncer_pause(Context& context, const Json&, const Json&) {
  return resume_fleet(context, At::process);
}

}  // namespace

StepKind pgbouncer_pause() {
  return {{.kind = "pgbouncer.pause",
           .purpose = "Pauses the pool on all bouncers at once: clients wait, transactions under way end first.",
           .parameters = {},
           .outputs = {{"bouncers", "milliseconds until each bouncer had paused"}},
           .changes = "PAUSE of the pool; server_login_retry and min_pool_size of each bouncer until it is resumed, "
                      "max_db_connections "
                      "until it is paused",
           .undo = "RESUME",
           .traits = {.pauses = true, .changes = true}},
          prepare_pgbouncer_pause,
          observe_pgbouncer_pause,
          apply_pgbouncer_pause,
          undo_pgbouncer_pause,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
