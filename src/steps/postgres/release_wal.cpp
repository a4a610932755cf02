// postgres.release_wal: the cluster is a standby again, or will never be: the WAL that was kept for it can go.
#include "base/format.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_postgres_release_wal(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, wal_slot(context.world), context.deadline));
  Observation seen;
  seen.evidence = slot ? fmt::format("slot {} keeps WAL from {} on", slot->name, slot->restart.text()) : "no slot";
  if (!slot) seen.state = State::done;
  return seen;
}

Result<Json> apply_postgres_release_wal(Context& context, const Json&) {
  auto& side = context.on();
  const auto name = wal_slot(context.world);
  TRY(context.world.effects->perform(fmt::format("drop physical slot {} on {}", name, side.label()),
                                     [&]() -> Result<Json> {
                                       TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                                       TRY(postgres::drop_slot(*leader, name, context.deadline));
                                       return Json();
                                     }));
  return Json::object();
}

}  // namespace

StepKind postgres_release_wal() {
  return {{.kind = "postgres.release_wal",
           .purpose = "Releases the WAL that postgres.hold_wal kept.",
           .parameters = {side_parameter("on", "the side that holds it")},
           .outputs = {},
           .changes = "drops the physical slot",
           .undo = "no: WAL that is removed can't be had back; the other cluster would have to be cloned anew",
           .undo_kind = runbook::UndoKind::impossible,
           .traits = {.changes = true}},
          nullptr,
          observe_postgres_release_wal,
          apply_postgres_release_wal,
          nullptr};
}

}  // namespace pgcleave::steps
