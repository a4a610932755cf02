// replication.start_forward: from physical to logical replication without a gap. The target has, by its promotion, all
// that the source wrote before the position where the new timeline branched off; its subscription goes on from exactly
// there.
#include "base/format.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_replication_start_forward(Context& context) {
  const auto link = forward_link(context.world);
  TRY_ASSIGN(auto* target, link.to.leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*target, link.name, context.deadline));
  Observation seen;
  seen.before = {{"existed", subscription.has_value()}};
  seen.evidence = !subscription
                      ? "no subscription"
                      : fmt::format("subscription {}, applied up to {}", subscription->enabled ? "enabled" : "disabled",
                                    subscription->applied.text());
  if (!subscription) return seen;
  TRY_ASSIGN(const auto recovery, postgres::recovery(*target, context.deadline));
  if (recovery.in_recovery) {
    seen.state = State::conflict;
  } else if (subscription->enabled) {
    seen.state = State::done;
  }
  return seen;
}

// Only from where the slot has everything.
Result<void> nothing_is_missing(Context& context, const world::Link& link, Lsn from) {
  TRY_ASSIGN(auto* source, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*source, link.name, context.deadline));
  if (slot && slot->confirmed <= from) return {};
  return fail({ErrorKind::failed, link.name, "can't go on from where the target was promoted: commits would be missing",
               "a slot at or before " + from.text(), slot ? "a slot at " + slot->confirmed.text() : "no slot",
               "undo this run with: pgcleave rollback; then begin anew", ""});
}

Result<Json> apply_replication_start_forward(Context& context, const Json&) {
  const auto link = forward_link(context.world);
  TRY(subscribe(context, link, [&]() -> Result<std::optional<Lsn>> {
    TRY_ASSIGN(const auto from, parse_lsn(context.text("from")));
    TRY_ASSIGN(auto* target, link.to.leader(context.deadline));
    TRY_ASSIGN(const auto existing, postgres::subscription(*target, link.name, context.deadline));
    if (!existing) TRY(nothing_is_missing(context, link, from));
    return from;
  }));
  return Json::object();
}

Result<void> undo_replication_start_forward(Context& context, const Json& before, const Json&) {
  if (before.value("existed", false)) return {};
  return unsubscribe(context, forward_link(context.world));
}

}  // namespace

StepKind replication_start_forward() {
  return {
      {.kind = "replication.start_forward",
       .purpose =
           "Lets the source's writes flow on to the promoted target, from exactly where the promotion cut them off.",
       .parameters = {{"from",
                       runbook::Type::lsn,
                       nullptr,
                       true,
                       "where the target's timeline branched off, an output of postgres.check_branch",
                       {}}},
       .outputs = {},
       .changes = "a subscription on the target",
       .undo = "drops the subscription",
       .traits = {.changes = true}},
      nullptr,
      observe_replication_start_forward,
      apply_replication_start_forward,
      undo_replication_start_forward};
}

}  // namespace pgcleave::steps
