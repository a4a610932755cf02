// postgres.capture_lsn: the position that the other side must reach. Only after the release: an LSN that is captured
// before the drain has ended misses the last writes.
#include "base/format.h"
#include "fence/canary.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

constexpr int tries = 3;

std::string capture_token(Context& context) {
  return fmt::format("{} {} {}", context.world.run.id, context.world.run.attempt, context.on().name());
}

postgres::TableName canary(Context& context) {
  return fence::canary_of(context.world.split.name, context.on().which());
}

// A row that is there says nothing of its position: any later LSN may lie behind all that is ever sent, and nobody
// would reach it. So a row whose LSN was not told is written again.
Result<Observation> observe_postgres_capture_lsn(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  Observation seen;
  seen.lasting = false;
  TRY_ASSIGN(const auto owner, fence::owner(*leader, context.world.split.name, context.deadline));
  if (!owner) {
    seen.evidence = "ownership is not installed yet";
    return seen;
  }
  TRY_ASSIGN(const bool captured,
             fence::canary_arrived(*leader, canary(context), capture_token(context), context.deadline));
  seen.evidence = captured ? "the canary row is there; only who wrote it was told its LSN" : "not captured yet";
  return seen;
}

Result<Json> apply_postgres_capture_lsn(Context& context, const Json&) {
  auto& side = context.on();
  const auto write = [&] {
    return context.world.effects->perform(
        "write a canary row and a flushed logical message on " + side.label() + " and take its LSN",
        [&]() -> Result<Json> {
          TRY_ASSIGN(auto* leader, side.leader(context.deadline));
          TRY_ASSIGN(const auto lsn,
                     postgres::capture_lsn(*leader, canary(context), capture_token(context), context.deadline));
          return Json{{"lsn", lsn.text()}};
        });
  };
  auto written = write();
  for (int left = tries - 1; left > 0 && !written && written.error().kind == ErrorKind::unknown; --left) {
    if (context.deadline.passed()) break;
    written = write();
  }
  return written;
}

}  // namespace

StepKind postgres_capture_lsn() {
  return {{.kind = "postgres.capture_lsn",
           .purpose =
               "Captures the LSN at or before which every committed write of the moved tables lies, flushed to disk.",
           .parameters = {side_parameter("on", "the side that was released")},
           .outputs = {{"lsn", "the position"}},
           .changes = "one row in the canary table and one logical message in the WAL",
           .undo = "nothing to undo: a canary row is no client's data",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.changes = true}},
          nullptr,
          observe_postgres_capture_lsn,
          apply_postgres_capture_lsn,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
