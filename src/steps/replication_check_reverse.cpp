// replication.check_reverse: before a rollback's window, is the way back whole and nearly caught up? If not, a rollback would lose
// writes, and says so before anybody waits.
#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/checking.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(auto* target, world.target.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*source, world.reverse_name(), context.deadline.for_a_look()));
  TRY_ASSIGN(const auto slot, postgres::slot(*target, world.reverse_name(), context.deadline.for_a_look()));
  Observation seen;
  if (!subscription || !slot || slot->wal_status == "lost") {
    seen.state = State::foreign;
    seen.evidence = !subscription ? "the subscription is gone" : !slot ? "the slot is gone" : "the slot has lost WAL that it needs";
    seen.evidence += ": writes of " + world.target.label() + " can't be brought back without loss";
    return seen;
  }
  TRY_ASSIGN(const auto now, postgres::current_lsn(*target, context.deadline.for_a_look()));
  const auto lag = now.ahead_of(slot->confirmed);
  seen.evidence = fmt::format("worker {}, {} behind, {} apply errors", subscription->worker ? "runs" : "does not run", to_text(lag),
                              subscription->apply_errors);
  seen.facts = {{"lag_bytes", lag.count}};
  if (subscription->enabled && subscription->worker && lag <= limit) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  return check_until_done(context, observe, "the way back has caught up", context.world.reverse_name());
}

}  // namespace

StepKind replication_check_reverse() {
  return {{.kind = "replication.check_reverse",
           .purpose = "Checks that the way back is whole and waits until it has nearly caught up.",
           .parameters = {{"below", runbook::Type::bytes, "1MiB", false, "lag at which a rollback may begin", {}}},
           .facts = {{"lag_bytes", "how far the source was behind"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
