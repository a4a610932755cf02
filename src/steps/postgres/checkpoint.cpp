// postgres.checkpoint: before a promotion, so that less must be replayed; after it, since pg_rewind takes the timeline
// from the last checkpoint and without one Patroni loops for minutes (seen on Patroni 3.0.2, PostgreSQL 15).
#include "base/format.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_postgres_checkpoint(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto redo, postgres::redo_lsn(*leader, context.deadline));
  Observation seen;
  seen.lasting = false;
  seen.evidence = "last checkpoint's redo at " + redo.text();
  return seen;
}

Result<Json> apply_postgres_checkpoint(Context& context, const Json&) {
  auto& side = context.on();
  return context.world.effects->perform("CHECKPOINT on " + side.label(), [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, side.leader(context.deadline));
    TRY(postgres::checkpoint(*leader, context.deadline));
    TRY_ASSIGN(const auto redo, postgres::redo_lsn(*leader, context.deadline));
    return Json{{"redo", redo.text()}};
  });
}

}  // namespace

StepKind postgres_checkpoint() {
  return {{.kind = "postgres.checkpoint",
           .purpose = "Makes PostgreSQL write a checkpoint (a restartpoint on a standby).",
           .parameters = {side_parameter("on", "whose leader")},
           .outputs = {{"redo", "LSN from which a recovery would start now"}},
           .changes = "writes dirty pages to disk",
           .undo = "nothing to undo: no data is changed",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.changes = true, .spared = true}},
          nullptr,
          observe_postgres_checkpoint,
          apply_postgres_checkpoint,
          nullptr};
}

}  // namespace pgcleave::steps
