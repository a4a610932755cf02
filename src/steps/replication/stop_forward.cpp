// replication.stop_forward: the target owns the tables, and forward replication has done its work.
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_stop_forward(Context& context) {
  return observe_ended(context, forward_link(context.world));
}

Result<Json> apply_replication_stop_forward(Context& context, const Json&) {
  return end(context, forward_link(context.world));
}

}  // namespace

StepKind replication_stop_forward() {
  return {{.kind = "replication.stop_forward",
           .purpose = "Ends the replication from the source to the target: subscription and slot.",
           .parameters = {},
           .outputs = {},
           .changes = "drops the subscription on the target and the slot on the source",
           .undo = "no: what the source writes from now on would be missing on the target",
           .undo_kind = runbook::UndoKind::impossible,
           .traits = {.changes = true}},
          nullptr,
          observe_replication_stop_forward,
          apply_replication_stop_forward,
          nullptr};
}

}  // namespace pgcleave::steps
