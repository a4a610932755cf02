// postgres.release_xmin: a promoted cluster has left its slot on the other side, and with hot_standby_feedback the slot
// keeps the xmin that the standby reported last (PostgreSQL 15 clears it only when the next standby reports). Until
// somebody looks, no row version that died since is vacuumed, in no table of that server. The slot itself is needed for
// a rollback: it is made anew, without an xmin.
//
// WAL from before is not kept by it any more; postgres.hold_wal keeps what a rewind needs.
#include "base/fields.h"
#include "base/format.h"
#include "patroni/inspection.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

std::string slot_of(const Context& context) {
  return patroni::slot_of_standby(object_in(context.with, "standby_cluster"));
}

Result<Observation> observe_postgres_release_xmin(Context& context) {
  Observation seen;
  seen.before = Json::object();
  const auto name = slot_of(context);
  if (name.empty()) {
    seen.state = State::done;
    seen.evidence = "the standby used no slot";
    return seen;
  }
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, name, context.deadline));
  if (!slot || !slot->keeps_from_vacuum) seen.state = State::done;
  seen.evidence = !slot ? fmt::format("no slot {}", name)
                  : !slot->keeps_from_vacuum
                      ? fmt::format("slot {} holds no xmin", name)
                      : fmt::format("slot {} holds an xmin that is {} transactions old", name, slot->xmin_age);
  if (slot && slot->active) seen.evidence += "; a standby uses it";
  return seen;
}

Result<Json> apply_postgres_release_xmin(Context& context, const Json&) {
  auto& side = context.on();
  const auto name = slot_of(context);
  TRY(context.world.effects->perform(
      fmt::format("make physical slot {} on {} anew, without the xmin that keeps it from vacuuming", name,
                  side.label()),
      [&]() -> Result<Json> {
        // The sender of the standby that was has to end first; one that a standby uses is not taken away from it.
        TRY(wait_until(fmt::format("slot {} is not in use", name), context.deadline, std::chrono::milliseconds(20),
                       context.stop, [&]() -> Result<bool> {
                         TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                         TRY_ASSIGN(const auto slot, postgres::slot(*leader, name, context.deadline));
                         return !slot || !slot->active;
                       }));
        TRY_ASSIGN(auto* leader, side.leader(context.deadline));
        TRY(postgres::renew_physical_slot(*leader, name, context.deadline));
        return Json();
      }));
  return Json::object();
}

}  // namespace

StepKind postgres_release_xmin() {
  return {{.kind = "postgres.release_xmin",
           .purpose = "Lets a side vacuum again after the other one was promoted: its slot may hold an xmin "
                      "(hot_standby_feedback).",
           .parameters = {side_parameter("on", "the side that the promoted cluster followed"),
                          {"standby_cluster",
                           runbook::Type::map,
                           nullptr,
                           true,
                           "what it followed by, an output of patroni.promote",
                           {}}},
           .outputs = {},
           .changes = "the standby's physical slot is dropped and made again in one statement",
           .undo = "nothing to undo: a standby that comes back reports an xmin of its own",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.changes = true}},
          nullptr,
          observe_postgres_release_xmin,
          apply_postgres_release_xmin,
          nullptr};
}

}  // namespace pgcleave::steps
