// replication.stop_reverse: after a rollback, or when the split is kept, reverse replication has done its work.
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_stop_reverse(Context& context) {
  return observe_ended(context, reverse_link(context.world));
}

Result<Json> apply_replication_stop_reverse(Context& context, const Json&) {
  return end(context, reverse_link(context.world));
}

}  // namespace

StepKind replication_stop_reverse() {
  return {{.kind = "replication.stop_reverse",
           .purpose = "Ends the replication from the target to the source: subscription and slot.",
           .parameters = {},
           .outputs = {},
           .changes = "drops the subscription on the source and the slot on the target",
           .undo = "no: what the target writes from now on would be missing on the source",
           .undo_kind = runbook::UndoKind::impossible,
           .traits = {.changes = true}},
          nullptr,
          observe_replication_stop_reverse,
          apply_replication_stop_reverse,
          nullptr};
}

}  // namespace pgcleave::steps
