// replication.arm_reverse: the logical slot on the target, made before any client writes there, so that every write from then on
// can go back. PostgreSQL 15 has logical slots on a primary only: after the promotion, before the take.
#include "base/format.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, world.reverse_name(), context.deadline));
  Observation seen;
  seen.evidence = slot ? "slot at " + slot->confirmed.text() : "no slot";
  if (!slot) return seen;
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  seen.state = recovery.in_recovery ? State::foreign : State::done;
  if (recovery.in_recovery) seen.evidence += ", left over from before";
  seen.facts = {{"from", slot->confirmed.text()}};
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  auto& world = context.world;
  return world.effects->perform(
      fmt::format("create logical slot {} on {}", world.reverse_name(), world.target.label()), [&]() -> Result<Json> {
        TRY_ASSIGN(auto* leader, world.target.leader(context.deadline));
        TRY_ASSIGN(const auto slot, postgres::create_logical_slot(*leader, world.reverse_name(), context.deadline));
        return Json{{"from", slot.confirmed.text()}};
      });
}

Result<void> undo(Context& context, const Json&, const Json&) {
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, world.reverse_name(), context.deadline));
  if (!slot) return {};
  TRY(world.effects->perform(fmt::format("drop logical slot {} on {}", world.reverse_name(), world.target.label()), [&]() -> Result<Json> {
    TRY(postgres::drop_slot(*leader, world.reverse_name(), context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind replication_arm_reverse() {
  return {{.kind = "replication.arm_reverse",
           .purpose = "Creates the logical slot of the way back on the target, before any client writes there.",
           .parameters = {},
           .facts = {{"from", "LSN from which every change of the target is kept for the source"}},
           .changes = "a logical slot on the target; it holds WAL until the way back is given up",
           .undo = "drops the slot",
           .meaning = {.changes = true}},
          nullptr,
          observe,
          apply,
          undo,
          UndoOrder::after_traffic, true};
}

}  // namespace pgcleave::steps
