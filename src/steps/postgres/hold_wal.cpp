// postgres.hold_wal: a physical slot that reserves WAL from the last checkpoint on. Made before the checkpoints that
// precede a promotion, it keeps what pg_rewind and the recovery after it will need: they go back to the last common
// checkpoint, which is older than what the standby's own slot keeps (seen on Patroni 3.0.2, PostgreSQL 15: "requested
// WAL segment has already been removed").
#include "base/format.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_postgres_hold_wal(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, wal_slot(context.world), context.deadline));
  Observation seen;
  seen.before = {{"existed", slot.has_value()}};
  seen.evidence =
      slot ? fmt::format("slot {} keeps WAL from {} on, {}", slot->name, slot->restart.text(), slot->wal_status)
           : "no slot";
  if (slot) seen.state = slot->lost() ? State::conflict : State::done;
  if (slot) seen.outputs = {{"from", slot->restart.text()}};
  return seen;
}

Result<Json> apply_postgres_hold_wal(Context& context, const Json&) {
  auto& side = context.on();
  const auto name = wal_slot(context.world);
  return context.world.effects->perform(
      fmt::format("create physical slot {} on {}, to keep WAL", name, side.label()), [&]() -> Result<Json> {
        TRY_ASSIGN(auto* leader, side.leader(context.deadline));
        TRY_ASSIGN(const auto slot, postgres::create_physical_slot(*leader, name, context.deadline));
        return Json{{"from", slot.restart.text()}};
      });
}

Result<void> undo_postgres_hold_wal(Context& context, const Json& before, const Json&) {
  if (before.value("existed", false)) return {};
  auto& side = context.on();
  const auto name = wal_slot(context.world);
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, name, context.deadline));
  if (!slot) return {};
  TRY(context.world.effects->perform(fmt::format("drop physical slot {} on {}", name, side.label()),
                                     [&]() -> Result<Json> {
                                       TRY(postgres::drop_slot(*leader, name, context.deadline));
                                       return Json();
                                     }));
  return {};
}

}  // namespace

StepKind postgres_hold_wal() {
  return {{.kind = "postgres.hold_wal",
           .purpose = "Keeps the WAL that it takes to make a promoted cluster a standby again.",
           .parameters = {side_parameter("on", "the side that the other one would be attached to again")},
           .outputs = {{"from", "LSN from which WAL is kept"}},
           .changes = "a physical slot; it holds WAL until it is released",
           .undo = "drops the slot if it was made here",
           .traits = {.changes = true}},
          nullptr,
          observe_postgres_hold_wal,
          apply_postgres_hold_wal,
          undo_postgres_hold_wal};
}

}  // namespace pgcleave::steps
