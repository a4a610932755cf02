// pgbouncer.stage: writes each bouncer's next configuration beside the one in use, so that the window only renames it.
// Before that it is tried that a rename and a RELOAD have an effect at all.
#include "base/address.h"
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/pgbouncer/fleet_state.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare_pgbouncer_stage(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

Result<Observation> observe_pgbouncer_stage(Context& context) {
  TRY_ASSIGN(auto seen, observe_route(context, context.side_name("to"), Routed::now));
  seen.before = Json::object();
  seen.lasting = false;  // a staged file is renamed by repoint: its absence says nothing
  return seen;
}

Result<Json> apply_pgbouncer_stage(Context& context, const Json&) {
  auto& world = context.world;
  const auto to = context.side_name("to");
  TRY_ASSIGN(const auto route, world.route_to(to, context.deadline));
  TRY(world.effects->perform(fmt::format("try whether {} read their configuration files: rename one with one more "
                                         "database into place, RELOAD, put the file back",
                                         world.bouncer_names()),
                             [&]() -> Result<Json> {
                               TRY(world.fleet.try_files(context.deadline));
                               return Json();
                             }));
  TRY(world.effects->perform(
      fmt::format("write the configuration of {} with the pool at {} ({}) beside the one in use", world.bouncer_names(),
                  address_text(route.host, route.port), world.side(to).label()),
      [&]() -> Result<Json> {
        TRY(world.fleet.stage_route(route, context.deadline));
        return Json();
      }));
  return Json::object();
}

Result<void> undo_pgbouncer_stage(Context& context, const Json&, const Json&) {
  auto& world = context.world;
  TRY(world.effects->perform(fmt::format("remove the staged configuration of {}", world.bouncer_names()),
                             [&]() -> Result<Json> {
                               TRY(world.fleet.discard_staged(context.deadline));
                               return Json();
                             }));
  return {};
}

}  // namespace

StepKind pgbouncer_stage() {
  return {{.kind = "pgbouncer.stage",
           .purpose = "Shows that each bouncer reads a file that is renamed into place, and writes its next one beside "
                      "the one in use.",
           .parameters = {side_parameter("to", "the side that the staged files point to")},
           .outputs = {},
           .changes = "a file <config>.pgcleave beside each configuration file; for a moment the file itself, with the "
                      "database pgcleave_trial",
           .undo = "removes the staged files, and puts back a file whose trial was cut short",
           .traits = {.changes = true}},
          prepare_pgbouncer_stage,
          observe_pgbouncer_stage,
          apply_pgbouncer_stage,
          undo_pgbouncer_stage};
}

}  // namespace pgcleave::steps
