// replication.create_slot_forward: the logical slot on the source, made before the target is promoted: what the source
// commits after the promotion is in the slot, what it committed before came by physical replication. Waits until every
// transaction that writes has ended once, and names those that do not.
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_create_slot_forward(Context& context) {
  return observe_slot(context, forward_link(context.world));
}

Result<Json> apply_replication_create_slot_forward(Context& context, const Json&) {
  return create_slot(context, forward_link(context.world));
}

Result<void> undo_replication_create_slot_forward(Context& context, const Json&, const Json&) {
  return drop_slot(context, forward_link(context.world));
}

}  // namespace

StepKind replication_create_slot_forward() {
  return {{.kind = "replication.create_slot_forward",
           .earlier_kind = "replication.arm_forward",
           .purpose = "Creates the slot of forward replication on the source, before the target is promoted.",
           .parameters = {},
           .outputs =
               {{"from",
                 "LSN from which every change of the source is kept for the target; the promotion must come after it"}},
           .changes = "a logical slot on the source; it holds WAL until the split is done or given up",
           .undo = "drops the slot",
           .traits = {.changes = true}},
          nullptr,
          observe_replication_create_slot_forward,
          apply_replication_create_slot_forward,
          undo_replication_create_slot_forward,
          UndoOrder::after_traffic,
          true};
}

}  // namespace pgcleave::steps
