// postgres.wait_replay: asks the very member that will be promoted, not pg_stat_replication, which reports late.
#include "base/format.h"
#include "base/units.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_postgres_wait_replay(Context& context) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("replayed up to {}", recovery.replayed.text());
  if (recovery.replayed >= lsn) seen.state = State::done;
  return seen;
}

Result<Json> apply_postgres_wait_replay(Context& context, const Json&) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  postgres::Recovery recovery;
  const auto waited = wait_until(fmt::format("{} has replayed {}", context.on().label(), lsn.text()), context.deadline,
                                 std::chrono::microseconds(500), context.stop, [&]() -> Result<bool> {
                                   TRY_ASSIGN(recovery, postgres::recovery(*leader, context.deadline.for_one_read()));
                                   return recovery.replayed >= lsn;
                                 });
  if (!waited) {
    auto error = waited.error();
    if (error.seen.empty()) {
      error.object = leader->name();
      error.seen = fmt::format("{}, {} behind{}", recovery.replayed.text(), to_text(lsn.ahead_of(recovery.replayed)),
                               recovery.replay_paused ? ", replay is paused" : "");
      error.hint = recovery.replay_paused ? "resume it with: select pg_wal_replay_resume()"
                                          : "look for long queries on the standby and for a slow link";
    }
    return fail(error);
  }
  return Json{{"replayed", recovery.replayed.text()}};
}

}  // namespace

StepKind postgres_wait_replay() {
  return {{.kind = "postgres.wait_replay",
           .purpose = "Waits until the member that will be promoted has replayed a position.",
           .parameters = {side_parameter("on", "the side that replays"),
                          {"lsn", runbook::Type::lsn, nullptr, true, "the position to wait for", {}}},
           .outputs = {{"replayed", "the position that it had replayed then"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_postgres_wait_replay,
          apply_postgres_wait_replay,
          nullptr};
}

}  // namespace pgcleave::steps
