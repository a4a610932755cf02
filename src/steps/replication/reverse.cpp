// replication.reverse: rows flow from the target to the source from now on, and no longer forth. One row of the catalog
// on each side, whatever the number of tables: the source's publication is closed, durably, then the target's is
// opened. What came before is never sent back, since a publication counts as it was when a change was made.
#include "base/format.h"
#include "fence/ownership.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

Result<bool> is_open(Context& context, const world::Link& link) {
  TRY_ASSIGN(auto* leader, link.from.leader(context.deadline));
  TRY_ASSIGN(const auto publication, postgres::publication(*leader, link.name, context.deadline));
  if (publication) return publication->open;
  return fail({ErrorKind::not_ready, link.from.label(), "has no publication " + link.name, "the publication", "none",
               "make it first, with replication.publish", ""});
}

// Before the window, so that the first look inside it is not the first on this connection.
Result<void> prepare_replication_reverse(Context& context) {
  TRY(is_open(context, forward_link(context.world)));
  TRY(is_open(context, reverse_link(context.world)));
  return {};
}

Result<Observation> observe_replication_reverse(Context& context) {
  const auto forward = forward_link(context.world);
  const auto reverse = reverse_link(context.world);
  TRY_ASSIGN(const bool forth, is_open(context, forward));
  TRY_ASSIGN(const bool back, is_open(context, reverse));
  Observation seen;
  seen.before = {{"forward", forth}, {"reverse", back}};
  seen.evidence = fmt::format("{} is {}, {} is {}", forward.name, forth ? "open" : "closed", reverse.name,
                              back ? "open" : "closed");
  if (!forth && back) seen.state = State::done;
  return seen;
}

Result<Json> apply_replication_reverse(Context& context, const Json&) {
  TRY(open_link(context, forward_link(context.world), false));
  TRY(open_link(context, reverse_link(context.world), true));
  return Json::object();
}

// Clients wait for the undo: a target that is down or frozen is not waited for.
constexpr auto patience_with_publisher = std::chrono::milliseconds(400);

// False: the target could not be told. Then the source stops reading from it.
Result<bool> stop_reverse(Context& context, const world::Link& reverse) {
  Context asking{context.world, context.step, context.with,
                 context.deadline.or_earlier(Deadline::in(patience_with_publisher)), nullptr};
  const auto back = is_open(asking, reverse);
  if (back && !*back) return true;
  if (back && open_link(asking, reverse, false)) return true;
  TRY(context.world.effects->perform(fmt::format("disable subscription {} on {}, since {} can't be told", reverse.name,
                                                 reverse.to.label(), reverse.from.label()),
                                     [&]() -> Result<Json> {
                                       TRY_ASSIGN(auto* source, reverse.to.leader(context.deadline));
                                       TRY(postgres::disable_subscription(*source, reverse.name, context.deadline));
                                       return Json();
                                     }));
  return false;
}

// Writes that the source took while forward replication was closed will never be sent: opened again, it would hide that
// they are missing.
Result<void> nothing_was_written_meanwhile(Context& context, const world::Link& forward) {
  TRY_ASSIGN(auto* source, forward.from.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*source, context.world.split.name, context.deadline));
  if (owner == fence::Owner::nobody) return {};
  return fail(
      {ErrorKind::conflict, forward.name,
       "stays closed: " + forward.from.label() + " was written while it was, and " + forward.to.label() + " lacks that",
       "nobody owns the split", owner ? fence::name_of(*owner) : "not installed",
       "give this run up with: pgcleave rollback; then begin anew", ""});
}

// Reverse replication is closed first, or else cut off. Then forward replication is opened, before anybody can write.
Result<void> undo_replication_reverse(Context& context, const Json& before, const Json&) {
  const auto forward = forward_link(context.world);
  const auto reverse = reverse_link(context.world);
  TRY_ASSIGN(auto* source, forward.from.leader(context.deadline));
  TRY_ASSIGN(const auto publication, postgres::publication(*source, forward.name, context.deadline));
  const bool to_be_opened = before.value("forward", false) && publication && !publication->open;
  bool told = true;
  if (!before.value("reverse", false)) {
    TRY_ASSIGN(told, stop_reverse(context, reverse));
  }
  if (!to_be_opened) return {};
  // A target that is a standby again needs no forward replication.
  if (told) {
    TRY_ASSIGN(auto* target, forward.to.leader(context.deadline));
    TRY_ASSIGN(const auto recovery, postgres::recovery(*target, context.deadline));
    if (recovery.in_recovery) return {};
  }
  TRY(nothing_was_written_meanwhile(context, forward));
  return open_link(context, forward, true);
}

}  // namespace

StepKind replication_reverse() {
  return {{.kind = "replication.reverse",
           .earlier_kind = "replication.turn",
           .purpose = "Reverses replication: closes the forward link, then opens the reverse link.",
           .parameters = {},
           .outputs = {},
           .changes = "which changes the two publications publish",
           .undo = "closes the reverse link, then opens the forward link again, if nobody could write meanwhile",
           .traits = {.changes = true}},
          prepare_replication_reverse,
          observe_replication_reverse,
          apply_replication_reverse,
          undo_replication_reverse,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
