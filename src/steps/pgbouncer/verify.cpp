// pgbouncer.verify: where do clients really land? SHOW DATABASES tells what a process believes; a row written through
// it tells the truth. The probe writes the canary table, as the user that the environment names for it.
#include "base/format.h"
#include "fence/canary.h"
#include "steps/parameters.h"
#include "steps/pgbouncer/fleet_state.h"
#include "steps/registry.h"
#include "world/serving.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_pgbouncer_verify(Context& context) {
  TRY_ASSIGN(auto seen, observe_route(context, context.side_name("to"), Routed::now));
  seen.lasting = false;
  seen.state = State::pending;
  return seen;
}

constexpr const char* what_now =
    "correct that side's route in the environment file, then: pgcleave resume; or go back: pgcleave rollback";

Result<void> write_through(Context& context, const Side& side) {
  const auto settings = world::probes(context.world.environment);
  auto connections = postgres::Connection::open_all(settings, context.deadline);
  const auto table = fence::canary_of(context.world.split.name, side.which()).sql();
  for (std::size_t i = 0; i < connections.size(); ++i) {
    if (!connections[i]) {
      auto error = connections[i].error();
      error.hint = what_now;
      return fail(std::move(error));
    }
    const auto token = fmt::format("{} {} through {}", context.world.run.id, side.name(), settings[i].name);
    TRY(connections[i]->query("insert into " + table + " (token) values ($1) on conflict do nothing", {token},
                              context.deadline));
    TRY_ASSIGN(const auto rows,
               connections[i]->query("select current_setting('cluster_name') as cluster", {}, context.deadline));
    if (rows.text(0, "cluster") != side.access().scope) {
      return fail({ErrorKind::failed, settings[i].name, "a write through the bouncer landed on the wrong cluster",
                   side.access().scope, rows.text(0, "cluster"),
                   "look at its configuration file, then: pgcleave resume", ""});
    }
  }
  return {};
}

Result<Json> apply_pgbouncer_verify(Context& context, const Json&) {
  auto& world = context.world;
  const auto& side = context.side("to");
  const auto count = world::probes(world.environment).size();
  TRY(world.effects->perform(fmt::format("check where {} send clients{}: it must be {}", world.bouncer_names(),
                                         count == 0 ? "" : ", by a canary row through each", side.label()),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(const auto seen, observe_route(context, side.side_name(), Routed::now));
                               if (seen.state != State::done)
                                 return fail({ErrorKind::failed, "the fleet", "does not point at " + side.label(), "",
                                              seen.evidence, what_now, ""});
                               TRY(write_through(context, side));
                               return Json();
                             }));
  return Json{{"probed", count}};
}

}  // namespace

StepKind pgbouncer_verify() {
  return {
      {.kind = "pgbouncer.verify",
       .purpose = "Checks where each bouncer's clients land, by a row written through each if the pool has a `probe`.",
       .parameters = {side_parameter("to", "the side that must answer")},
       .outputs = {{"probed", "number of bouncers that a row was written through"}},
       .changes = "a canary row",
       .undo = "nothing to undo: a canary row is no client's data",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {.changes = true, .routes = true}},
      nullptr,
      observe_pgbouncer_verify,
      apply_pgbouncer_verify,
      nullptr};
}

}  // namespace pgcleave::steps
