// ownership.release: nobody owns the moved tables any more; then wait until nobody is still writing them, and all of
// them are fenced.
//
// A target that was promoted before the window has a copy of the source's value, which locks it. It is told too, after
// the source: else a take could not be a compare-and-set from "nobody", and who was frozen meanwhile would not be
// stopped. Undo takes that back first.
//
// A statement takes its RowExclusiveLock on the table that it names before the fence trigger runs. So whoever saw the
// old owner holds the lock when the new value is set, and is seen here; whoever takes the lock later sees the new value
// and fails.
#include <future>

#include "base/format.h"
#include "base/units.h"
#include "postgres/locks.h"
#include "postgres/wal.h"
#include "steps/ownership/ready_to_release.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/durability.h"
#include "world/frozen.h"
#include "world/holding.h"

namespace pgcleave::steps {
namespace {

using fence::Owner;

std::string list(const std::vector<postgres::Blocker>& blockers) {
  std::string text;
  for (const auto& blocker : blockers) text += (text.empty() ? "" : "; ") + blocker.text();
  return text;
}

Result<std::vector<postgres::Blocker>> writers_on(Context& context, postgres::Connection& leader, Deadline deadline) {
  return postgres::writers(leader, context.world.split.name, context.world.split.names(), deadline);
}

Deadline patience_with_the_copy() {
  return Deadline::in(std::chrono::seconds(2));
}

struct Copy {
  bool there = false;  // the other side is writable and holds this side's value, or what this run made of it
  std::optional<Owner> owner;
};

Result<Copy> copy_on(Context& context, Side& other, Deadline deadline) {
  TRY_ASSIGN(auto* leader, other.leader(deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, deadline));
  Copy copy;
  if (recovery.in_recovery) return copy;
  TRY_ASSIGN(copy.owner, fence::owner(*leader, context.world.split.name, deadline));
  copy.there = copy.owner == context.on().which();
  return copy;
}

// The last look before clients wait. A moved table that came since ownership.install has no fence, and what is in the
// split must be what a cleanup will find written down.
Result<void> split_is_as_written_down(Context& context, postgres::Connection& leader) {
  auto& world = context.world;
  const auto& split = world.split.name;
  const auto refused = [&](const std::string& seen) {
    return fail({ErrorKind::not_ready, "split " + split,
                 "can't be done: its tables are not those that this run wrote down",
                 "what ownership.install wrote down on " + context.on().label(), seen,
                 "wait until tables and partitions of the split are not being changed, then begin again", ""});
  };
  TRY_ASSIGN(const auto tables, tables_on(world, context.on(), context.deadline));
  TRY_ASSIGN(const auto written, fence::frozen_split(leader, split, context.deadline));
  if (!written) return refused("nothing");
  const auto now = to_freeze(world, tables.split);
  if (written->run != now.run || written->text != now.text) return refused("what run " + written->run + " wrote");
  const auto changes = world::changes_since(*written, now);
  if (!changes.empty()) return refused(fmt::format("{}", fmt::join(changes, "; ")));
  auto& other = world.other(context.on());
  // A side that can't be asked has no say: the take that follows will need it anyway.
  const auto copy = copy_on(context, other, context.deadline.or_earlier(patience_with_the_copy()));
  if (!copy || !copy->there) return {};
  TRY_ASSIGN(auto* promoted, other.leader(context.deadline));
  TRY_ASSIGN(const auto copied, fence::frozen_split(*promoted, split, context.deadline));
  if (!copied || !world::same_split(*copied, *written)) return refused("another list on " + other.label());
  return {};
}

// The first of these queries on a connection costs ten times the others: not in the window.
Result<void> prepare_ownership_release(Context& context) {
  TRY(ready_to_release(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY(all_fenced_after_release(context, *leader));
  TRY(writers_on(context, *leader, context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, context.world.split.name, context.deadline));
  if (context.on().which() == Owner::source && owner == Owner::source) TRY(split_is_as_written_down(context, *leader));
  return {};
}

// Who must have the release before `ownership.take`. Looked up before clients wait: it asks Patroni.
Result<void> note_members(Context& context, Side& side) {
  auto& pending = context.world.pending_release;
  pending.reset();
  if (!waits_for_members(context)) return {};
  TRY_ASSIGN(auto members, members_to_tell(context.world, side, context.deadline));
  pending = world::PendingRelease{side.which(), std::move(members), {}};
  return {};
}

// Its WAL reaches the members while the writers are drained and the other side catches up.
Result<void> note_position(Context& context, postgres::Connection& leader) {
  auto& pending = context.world.pending_release;
  if (!pending || pending->members.empty()) return {};
  TRY_ASSIGN(pending->lsn, postgres::current_lsn(leader, context.deadline));
  return {};
}

Result<Observation> observe_ownership_release(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, context.world.split.name, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("owner on {} is {}", side.label(), owner ? fence::name_of(*owner) : "not installed");
  // A side that can't be asked has no say: the take that follows will need it anyway.
  const auto copy = copy_on(context, context.world.other(side), context.deadline.or_earlier(patience_with_the_copy()));
  const bool copied = copy && copy->there;
  seen.before = {{"copy", copied}};
  const auto& pending = context.world.pending_release;
  if (owner == side.which() || (owner == Owner::nobody && (!pending || pending->side != side.which())))
    TRY(note_members(context, side));
  if (owner == Owner::nobody) TRY(note_position(context, *leader));  // its answer was lost
  if (copied) seen.evidence += ", copied to " + context.world.other(side).label();
  if (owner == Owner::nobody && !copied) {
    TRY_ASSIGN(const auto writers, writers_on(context, *leader, context.deadline));
    if (writers.empty()) seen.state = State::done;
    if (!writers.empty()) seen.evidence += ", still writing: " + list(writers);
  } else if (owner && *owner != Owner::nobody && *owner != side.which()) {
    seen.state = State::conflict;
  }
  return seen;
}

Result<void> drain(Context& context, postgres::Connection& leader, bool terminate, Duration grace) {
  std::vector<postgres::Blocker> blockers;
  const auto patience = Deadline::in(grace);
  bool terminated = false;
  const auto drained = wait_until("nobody writes the moved tables", context.deadline, std::chrono::microseconds(500),
                                  context.stop, [&]() -> Result<bool> {
                                    TRY_ASSIGN(blockers, writers_on(context, leader, context.deadline.for_one_read()));
                                    if (!blockers.empty() && terminate && !terminated && patience.passed()) {
                                      TRY(postgres::terminate(leader, blockers, context.deadline));
                                      terminated = true;
                                    }
                                    return blockers.empty();
                                  });
  if (drained) return all_fenced_after_release(context, leader);
  auto error = drained.error();
  error.object = context.on().label();
  error.seen = list(blockers);
  if (error.hint.empty()) error.hint = "end these sessions, or use `policy: terminate`";
  return fail(error);
}

Result<void> pass(Context& context, Side& side, Owner expected, Owner next) {
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  return fence::pass_ownership(*leader, world.split.name, expected, next, world.run.id, world.run.epoch,
                               context.deadline);
}

// In an emergency nobody else ends a session whose client is behind a route that went silent: it would hold its locks
// until the budget is used up. A client was told of nothing that is lost with it.
bool terminates(const Context& context) {
  return context.text("policy") == "terminate" || context.world.run.emergency;
}

Result<Json> apply_ownership_release(Context& context, const Json& before) {
  auto& side = context.on();
  auto& world = context.world;
  const bool terminate = terminates(context);
  TRY_ASSIGN(const auto grace, parse_duration(context.text("grace")));
  TRY(world.effects->perform(
      fmt::format("release ownership of split {} on {} (and in a copy on {}): nobody may write its tables; writers "
                  "under way {}; {}",
                  world.split.name, side.label(), world.other(side).label(),
                  terminate ? "are waited for, then terminated" : "are waited for",
                  waits_for_members(context)
                      ? "ownership is taken when it is on disk on every member that may be promoted"
                      : "on disk on the leader alone: a failover may bring it back"),
      [&]() -> Result<Json> {
        TRY(pass(context, side, side.which(), Owner::nobody));
        auto copy =
            std::async(before.value("copy", false) ? std::launch::async : std::launch::deferred, [&]() -> Result<void> {
              return before.value("copy", false) ? pass(context, world.other(side), side.which(), Owner::nobody)
                                                 : Result<void>();
            });
        TRY_ASSIGN(auto* leader, side.leader(context.deadline));
        TRY(note_position(context, *leader));
        const auto drained = drain(context, *leader, terminate, grace);
        TRY(copy.get());
        TRY(drained);
        return Json();
      }));
  return Json::object();
}

// A release that nobody answered may still be on its way, and would leave nobody owning after it was given back. From
// now on it is refused.
Result<void> fence_out(Context& context, Side& side) {
  auto& world = context.world;
  ++world.run.epoch;
  TRY(world.effects->perform(fmt::format("sign split {} anew on {}: what was sent before is refused from now on",
                                         world.split.name, side.label()),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(const auto signature, sign(world, side, context.deadline));
                               return Json{{"signature", name_of(signature)}, {"epoch", world.run.epoch}};
                             }));
  return {};
}

// Gives it back, unless the other side has become the owner: then this is no longer an undo.
Result<void> undo_ownership_release(Context& context, const Json& before, const Json&) {
  auto& side = context.on();
  auto& world = context.world;
  auto& other = world.other(side);
  // That it was not taken is known before anything is undone. Another side that is down or frozen is not waited for:
  // clients are. But for the process that did not take, or whose journal would say so: nobody else knows.
  const auto patience = world.run.knows_all ? context.deadline.or_earlier(Deadline::in(std::chrono::milliseconds(400)))
                                            : context.deadline;
  const auto other_owner = [&]() -> Result<std::optional<Owner>> {
    TRY_ASSIGN(auto* leader, other.leader(patience));
    return fence::owner(*leader, world.split.name, patience);
  }();
  if (!other_owner && !world.run.knows_all) {
    return fail(
        {ErrorKind::unknown, other.label(),
         fmt::format("can't be asked who owns, and this journal may lack that it does; ownership is not given to {}",
                     side.label()),
         "", other_owner.error().text(), "try again when it answers", ""});
  }
  if (other_owner && *other_owner == other.which()) {
    return fail({ErrorKind::conflict, other.label(),
                 "owns the split already; ownership can't be given back to " + side.label(), "", "",
                 "finish with: pgcleave resume", ""});
  }
  if (before.value("copy", false) && other_owner && *other_owner == Owner::nobody) {
    static_cast<void>(world.effects->perform(
        fmt::format("lock {} again: split {} belongs to {}", other.label(), world.split.name, side.label()),
        [&]() -> Result<Json> {
          TRY(pass(context, other, Owner::nobody, side.which()));
          return Json();
        }));
  }
  TRY(fence_out(context, side));
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*leader, world.split.name, context.deadline));
  if (owner == side.which()) return {};
  TRY(world.effects->perform(fmt::format("give ownership of split {} back to {}", world.split.name, side.label()),
                             [&]() -> Result<Json> {
                               TRY(pass(context, side, Owner::nobody, side.which()));
                               return Json();
                             }));
  return {};
}

}  // namespace

StepKind ownership_release() {
  return {
      {.kind = "ownership.release",
       .purpose = "Takes ownership from a side: nobody may write the moved tables. Waits until all writers have ended.",
       .parameters =
           {side_parameter("on", "the side that owns now"),
            {"policy",
             runbook::Type::text,
             "fail",
             false,
             "what to do with sessions that keep writing: fail names them, terminate ends them after `grace`; "
             "`rollback --emergency` always terminates",
             {"fail", "terminate"}},
            durable_parameter(),
            {"grace", runbook::Type::duration, "500ms", false, "how long `policy: terminate` waits first", {}}},
       .outputs = {},
       .changes = "the owner sequence of the split",
       .undo = "gives ownership back, unless the other side has it",
       .traits = {.releases = true, .changes = true}},
      prepare_ownership_release,
      observe_ownership_release,
      apply_ownership_release,
      undo_ownership_release,
      UndoOrder::before_traffic,
      true};
}

}  // namespace pgcleave::steps
