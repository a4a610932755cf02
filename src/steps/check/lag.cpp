// check.lag: a cutover waits for what the standby has not replayed yet, so begin only when that is little.
#include "base/format.h"
#include "base/units.h"
#include "postgres/wal.h"
#include "steps/check/checking.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_check_lag(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto now, postgres::current_lsn(*source, context.deadline.for_one_read()));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*target, context.deadline.for_one_read()));
  const auto lag = now.ahead_of(recovery.replayed);
  Observation seen;
  seen.evidence = fmt::format("{} behind", to_text(lag));
  if (recovery.replay_paused) seen.evidence += ", replay is paused: resume it with select pg_wal_replay_resume()";
  seen.outputs = {{"lag_bytes", lag.count}};
  if (lag < limit && !recovery.replay_paused) seen.state = State::done;
  return seen;
}

Result<Json> apply_check_lag(Context& context, const Json&) {
  return check_until_done(context, observe_check_lag, "the standby's lag is below " + context.text("below"),
                          context.world.target.label());
}

}  // namespace

StepKind check_lag() {
  return {{.kind = "check.lag",
           .purpose = "Waits until the target replays closely behind the source.",
           .parameters = {{"below", runbook::Type::bytes, "1MiB", false, "the lag at which it goes on", {}}},
           .outputs = {{"lag_bytes", "the lag seen"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_lag,
          apply_check_lag,
          nullptr};
}

}  // namespace pgcleave::steps
