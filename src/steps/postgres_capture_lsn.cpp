// postgres.capture_lsn: the position that the other side must reach. Only after the release: an LSN that is captured before the
// drain has ended misses the last writes.
#include "base/format.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

std::string token(Context& context) {
  return fmt::format("{} {} {}", context.world.run.id, context.world.run.attempt, context.on().name());
}

postgres::TableName canary(Context& context) {
  return postgres::canary_of(context.world.split.name, context.on().which());
}

Result<Observation> observe_postgres_capture_lsn(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  Observation seen;
  TRY_ASSIGN(const auto owner, postgres::owner(*leader, context.world.split.name, context.deadline));
  if (!owner) {
    seen.evidence = "ownership is not installed yet";
    return seen;
  }
  TRY_ASSIGN(const bool captured, postgres::canary_arrived(*leader, canary(context), token(context), context.deadline));
  if (!captured) {
    seen.evidence = "not captured yet";
    return seen;
  }
  // Captured, the reply lost: any later position will do, since nobody writes the moved tables.
  TRY_ASSIGN(const auto lsn, postgres::current_lsn(*leader, context.deadline));
  seen.state = State::done;
  seen.facts = {{"lsn", lsn.text()}};
  seen.evidence = "captured, at or before " + lsn.text();
  return seen;
}

Result<Json> apply_postgres_capture_lsn(Context& context, const Json&) {
  auto& side = context.on();
  return context.world.effects->perform(
      "write a canary row and a flushed logical message on " + side.label() + " and take its LSN", [&]() -> Result<Json> {
        TRY_ASSIGN(auto* leader, side.leader(context.deadline));
        TRY_ASSIGN(const auto lsn, postgres::capture_lsn(*leader, canary(context), token(context), context.deadline));
        return Json{{"lsn", lsn.text()}};
      });
}

}  // namespace

StepKind postgres_capture_lsn() {
  return {{.kind = "postgres.capture_lsn",
           .purpose = "Captures the LSN at or before which every committed write of the moved tables lies, flushed to disk.",
           .parameters = {side_parameter("on", "the side that was released")},
           .facts = {{"lsn", "the position"}},
           .changes = "one row in the canary table and one logical message in the WAL",
           .undo = "nothing to undo: a canary row is no client's data",
           .meaning = {.changes = true}},
          nullptr,
          observe_postgres_capture_lsn,
          apply_postgres_capture_lsn,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
