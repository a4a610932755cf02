// replication.wait_apply: a side has applied everything up to a position of the other one. The captured LSN's
// transaction holds a canary row, which is published: when the replication origin has passed it, all commits before it
// are applied too.
#include "base/format.h"
#include "base/units.h"
#include "postgres/replication.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

Result<Lsn> read_applied(Context& context, bool flushed) {
  const auto link = link_into(context.world, context.on());
  TRY_ASSIGN(auto* leader, link.to.leader(context.deadline));
  auto applied = postgres::applied(*leader, link.name, flushed, context.deadline.for_one_read());
  if (!applied && applied.error().kind == ErrorKind::not_ready) {
    applied.error().object = link.to.label();
    applied.error().hint = "it was never started or was given up; writes of " + link.from.label() + " would be lost";
  }
  return applied;
}

Result<void> prepare_replication_wait_apply(Context& context) {
  TRY(read_applied(context, false));
  return {};
}

Result<Observation> observe_replication_wait_apply(Context& context) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  TRY_ASSIGN(const auto applied, read_applied(context, true));
  Observation seen;
  seen.evidence = "applied up to " + applied.text();
  if (applied >= lsn) seen.state = State::done;
  return seen;
}

std::string what_holds_it_up(Context& context, Lsn lsn, Lsn applied) {
  const auto link = link_into(context.world, context.on());
  auto text = fmt::format("{}, {} behind", applied.text(), to_text(lsn.ahead_of(applied)));
  const auto leader = link.to.leader(context.deadline.for_one_read());
  if (!leader) return text;
  const auto subscription = postgres::subscription(**leader, link.name, context.deadline.for_one_read());
  if (!subscription || !*subscription) return text;
  return text + fmt::format(", worker {}, {} apply errors", (*subscription)->worker ? "runs" : "does not run",
                            (*subscription)->apply_errors);
}

Result<Json> apply_replication_wait_apply(Context& context, const Json&) {
  TRY_ASSIGN(const auto lsn, parse_lsn(context.text("lsn")));
  Lsn applied;
  const auto waited = wait_until(fmt::format("{} has applied {}", context.on().label(), lsn.text()), context.deadline,
                                 std::chrono::microseconds(300), context.stop, [&]() -> Result<bool> {
                                   TRY_ASSIGN(applied, read_applied(context, false));
                                   return applied >= lsn;
                                 });
  if (!waited) {
    auto error = waited.error();
    if (error.seen.empty()) error.seen = what_holds_it_up(context, lsn, applied);
    return fail(error);
  }
  TRY_ASSIGN(applied, read_applied(context, true));  // what clients will build on has to be on disk
  return Json{{"applied", applied.text()}};
}

}  // namespace

StepKind replication_wait_apply() {
  return {{.kind = "replication.wait_apply",
           .purpose = "Waits until a side has applied the other side's writes up to a position.",
           .parameters = {side_parameter("on", "the side that applies"),
                          {"lsn", runbook::Type::lsn, nullptr, true, "the position to wait for", {}}},
           .outputs = {{"applied", "the position that it had applied then"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          prepare_replication_wait_apply,
          observe_replication_wait_apply,
          apply_replication_wait_apply,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
