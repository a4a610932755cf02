// ownership.release: nobody owns the moved tables any more; then wait until nobody is still writing them.
//
// A statement takes its RowExclusiveLock before the fence trigger runs. So whoever saw the old owner holds the lock when the new
// value is set, and is seen here; whoever takes the lock later sees the new value and fails.
#include "base/format.h"
#include "base/units.h"
#include "postgres/locks.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

using postgres::Owner;

std::string list(const std::vector<postgres::Blocker>& blockers) {
  std::string text;
  for (const auto& blocker : blockers) text += (text.empty() ? "" : "; ") + blocker.text();
  return text;
}

// The first of these queries on a connection costs ten times the others: not in the window.
Result<void> prepare(Context& context) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY(postgres::writers(*leader, context.world.split.with_rows(), context.deadline));
  TRY(postgres::owner(*leader, context.world.split.name, context.deadline));
  return {};
}

Result<Observation> observe(Context& context) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, postgres::owner(*leader, context.world.split.name, context.deadline));
  Observation seen;
  seen.evidence = fmt::format("owner on {} is {}", side.label(), owner ? postgres::name_of(*owner) : "not installed");
  if (owner == Owner::nobody) {
    TRY_ASSIGN(const auto writers, postgres::writers(*leader, context.world.split.with_rows(), context.deadline));
    if (writers.empty()) seen.state = State::done;
    if (!writers.empty()) seen.evidence += ", still writing: " + list(writers);
  } else if (owner && *owner != side.which()) {
    seen.state = State::foreign;
  }
  return seen;
}

Result<void> drain(Context& context, postgres::Connection& leader, bool terminate, Duration grace) {
  const auto tables = context.world.split.with_rows();
  std::vector<postgres::Blocker> blockers;
  const auto patience = Deadline::in(grace);
  bool terminated = false;
  const auto drained =
      wait_until("nobody writes the moved tables", context.deadline, std::chrono::microseconds(500), context.stop, [&]() -> Result<bool> {
        TRY_ASSIGN(blockers, postgres::writers(leader, tables, context.deadline.for_a_look()));
        if (!blockers.empty() && terminate && !terminated && patience.passed()) {
          TRY(postgres::terminate(leader, blockers, context.deadline));
          terminated = true;
        }
        return blockers.empty();
      });
  if (drained) return {};
  auto error = drained.error();
  error.object = context.on().label();
  error.seen = list(blockers);
  error.hint = "end these sessions, or use `policy: terminate`";
  return fail(error);
}

Result<Json> apply(Context& context, const Json&) {
  auto& side = context.on();
  auto& world = context.world;
  const bool terminate = context.text("policy") == "terminate";
  TRY_ASSIGN(const auto grace, parse_duration(context.text("grace")));
  TRY(world.effects->perform(fmt::format("release ownership of split {} on {}: nobody may write its tables; writers under way {}",
                                         world.split.name, side.label(), terminate ? "are waited for, then terminated" : "are waited for"),
                             [&]() -> Result<Json> {
                               TRY_ASSIGN(auto* leader, side.leader(context.deadline));
                               TRY(postgres::pass_ownership(*leader, world.split.name, side.which(), Owner::nobody, world.run.id,
                                                            world.run.epoch, context.deadline));
                               TRY(drain(context, *leader, terminate, grace));
                               return Json();
                             }));
  return Json::object();
}

// Gives it back, unless the other side has become the owner: then this is no longer an undo.
Result<void> undo(Context& context, const Json&, const Json&) {
  auto& side = context.on();
  auto& world = context.world;
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto owner, postgres::owner(*leader, world.split.name, context.deadline));
  if (owner == side.which()) return {};
  auto& other = world.other(side);
  if (const auto other_leader = other.leader(context.deadline); other_leader) {
    TRY_ASSIGN(const auto other_owner, postgres::owner(**other_leader, world.split.name, context.deadline));
    if (other_owner == other.which()) {
      return fail({ErrorKind::foreign, other.label(), "owns the split already; ownership can't be given back to " + side.label(), "", "",
                   "finish with: pgcleave resume", ""});
    }
  }
  TRY(world.effects->perform(fmt::format("give ownership of split {} back to {}", world.split.name, side.label()), [&]() -> Result<Json> {
    TRY(postgres::pass_ownership(*leader, world.split.name, Owner::nobody, side.which(), world.run.id, world.run.epoch, context.deadline));
    return Json();
  }));
  return {};
}

}  // namespace

StepKind ownership_release() {
  return {{.kind = "ownership.release",
           .purpose = "Takes ownership from a side: nobody may write the moved tables. Waits until all writers have ended.",
           .parameters = {side_parameter("on", "the side that owns now"),
                          {"policy",
                           runbook::Type::text,
                           "fail",
                           false,
                           "what to do with sessions that keep writing: fail names them, terminate ends them after `grace`",
                           {"fail", "terminate"}},
                          {"grace", runbook::Type::duration, "500ms", false, "how long `policy: terminate` waits first", {}}},
           .facts = {},
           .changes = "the owner sequence of the split",
           .undo = "gives ownership back, unless the other side has it",
           .meaning = {.releases = true, .changes = true}},
          prepare,
          observe,
          apply,
          undo,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
