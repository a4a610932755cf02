// replication.wait_apply: the way back has brought everything up to a position. The captured LSN's transaction holds a canary row,
// which is published: when the replication origin has passed it, all commits before it are applied too.
#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<postgres::Subscription> look(Context& context) {
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto subscription, postgres::subscription(*leader, world.reverse_name(), context.deadline.for_a_look()));
  if (!subscription) {
    return fail({ErrorKind::not_ready, context.on().label(), "has no subscription " + world.reverse_name(), "a running one", "none",
                 "the way back was never started or was given up; writes of " + world.target.label() + " would be lost", ""});
  }
  return *subscription;
}

Result<Observation> observe(Context& context) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  TRY_ASSIGN(const auto subscription, look(context));
  Observation seen;
  seen.evidence = "applied up to " + subscription.applied.text();
  if (subscription.applied >= lsn) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  postgres::Subscription subscription;
  const auto waited = wait_until(fmt::format("{} has applied {}", context.on().label(), lsn.text()), context.deadline,
                                 std::chrono::microseconds(500), context.stop, [&]() -> Result<bool> {
                                   TRY_ASSIGN(subscription, look(context));
                                   return subscription.applied >= lsn;
                                 });
  if (!waited) {
    auto error = waited.error();
    if (error.seen.empty()) {
      error.seen = fmt::format("{}, worker {}, {} apply errors", subscription.applied.text(), subscription.worker ? "runs" : "does not run",
                               subscription.apply_errors);
    }
    return fail(error);
  }
  return Json{{"applied", subscription.applied.text()}};
}

}  // namespace

StepKind replication_wait_apply() {
  return {{.kind = "replication.wait_apply",
           .purpose = "Waits until a side has applied the other side's writes up to a position.",
           .parameters = {side_parameter("on", "the side that applies"),
                          {"lsn", runbook::Type::lsn, nullptr, true, "the position to wait for", {}}},
           .facts = {{"applied", "the position that it had applied then"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
