// replication.turn: rows flow from the target to the source from now on, and no longer forth. One row of the catalog on each side,
// whatever the number of tables: the source's publication is closed, durably, then the target's is opened. What came before is never
// sent back, since a publication counts as it was when a change was made.
#include "base/format.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/link.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<bool> is_open(Context& context, const Link& link) {
  TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto publication, postgres::publication(*leader, link.name, context.deadline));
  if (publication) return publication->open;
  return fail({ErrorKind::not_ready, link.from.label(), "has no publication " + link.name, "the publication", "none",
               "make it first, with replication.publish", ""});
}

Result<void> put(Context& context, const Link& link, bool open) {
  TRY(context.world.effects->perform(fmt::format("{} publication {} on {}", open ? "open" : "close", link.name, link.from.label()),
                                     [&]() -> Result<Json> {
                                       TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
                                       TRY(postgres::open_publication(*leader, link.name, open, context.deadline));
                                       return Json();
                                     }));
  return {};
}

// Before the window, so that the first look inside it is not the first on this connection.
Result<void> prepare(Context& context) {
  TRY(is_open(context, forward_link(context.world)));
  TRY(is_open(context, reverse_link(context.world)));
  return {};
}

Result<Observation> observe(Context& context) {
  const auto forward = forward_link(context.world);
  const auto reverse = reverse_link(context.world);
  TRY_ASSIGN(const bool forth, is_open(context, forward));
  TRY_ASSIGN(const bool back, is_open(context, reverse));
  Observation seen;
  seen.before = {{"forward", forth}, {"reverse", back}};
  seen.evidence = fmt::format("{} is {}, {} is {}", forward.name, forth ? "open" : "closed", reverse.name, back ? "open" : "closed");
  if (!forth && back) seen.state = State::done;
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  TRY(put(context, forward_link(context.world), false));
  TRY(put(context, reverse_link(context.world), true));
  return Json::object();
}

// The way back is closed first. If that can't be had (the target is down), the way forth stays closed: never both.
Result<void> undo(Context& context, const Json& before, const Json&) {
  const auto forward = forward_link(context.world);
  const auto reverse = reverse_link(context.world);
  if (!before.value("reverse", false)) {
    TRY_ASSIGN(const bool back, is_open(context, reverse));
    if (back) TRY(put(context, reverse, false));
  }
  if (!before.value("forward", false)) return {};
  TRY_ASSIGN(const bool forth, is_open(context, forward));
  if (!forth) TRY(put(context, forward, true));
  return {};
}

}  // namespace

StepKind replication_turn() {
  return {{.kind = "replication.turn",
           .purpose = "Turns the replication round: the way forth is closed, then the way back is opened.",
           .parameters = {},
           .facts = {},
           .changes = "which changes the two publications publish",
           .undo = "closes the way back, then opens the way forth again",
           .meaning = {.changes = true}},
          prepare,
          observe,
          apply,
          undo,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
