// replication.create_slot_reverse: the logical slot on the target, made before any client writes there, so that every
// write from then on can go back. PostgreSQL 15 has logical slots on a primary only: after the promotion, before the
// take.
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_create_slot_reverse(Context& context) {
  return observe_slot(context, reverse_link(context.world));
}

Result<Json> apply_replication_create_slot_reverse(Context& context, const Json&) {
  return create_slot(context, reverse_link(context.world));
}

Result<void> undo_replication_create_slot_reverse(Context& context, const Json&, const Json&) {
  return drop_slot(context, reverse_link(context.world));
}

}  // namespace

StepKind replication_create_slot_reverse() {
  return {{.kind = "replication.create_slot_reverse",
           .earlier_kind = "replication.arm_reverse",
           .purpose = "Creates the slot of reverse replication on the target, before any client writes there.",
           .parameters = {},
           .outputs = {{"from", "LSN from which every change of the target is kept for the source"}},
           .changes = "a logical slot on the target; it holds WAL until reverse replication is ended",
           .undo = "drops the slot",
           .traits = {.changes = true}},
          nullptr,
          observe_replication_create_slot_reverse,
          apply_replication_create_slot_reverse,
          undo_replication_create_slot_reverse,
          UndoOrder::after_traffic,
          true};
}

}  // namespace pgcleave::steps
