// ownership.durable: is the side's ownership on every member that Patroni may promote? After a promotion its replicas
// first have to reach the new timeline, which no window can wait for. A failover before that brings up a member that
// does not own, and takes no writes. So one that still lacks it when the time is up is named, here and by `pgcleave
// status`, and is no miss.
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/durability.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_ownership_durable(Context& context) {
  auto& side = context.on();
  Observation seen;
  if (!waits_for_members(context)) {
    seen.state = State::done;
    seen.evidence = "not waited for, by `durable: leader`";
    return seen;
  }
  TRY_ASSIGN(const auto behind, not_durable_on(context.world, side, context.deadline));
  if (behind.empty()) seen.state = State::done;
  seen.evidence = behind.empty() ? fmt::format("all members of {} that may be promoted say the same", side.label())
                                 : fmt::format("{}", fmt::join(behind, "; "));
  seen.lasting = false;  // a member that comes late is named, and is no failure
  return seen;
}

Result<Json> apply_ownership_durable(Context& context, const Json&) {
  auto& side = context.on();
  if (!waits_for_members(context)) return Json::object();
  const auto behind = wait_until_durable(context.world, side, context.deadline, context.stop);
  if (behind.empty()) return Json{{"not_durable_on", Json::array()}};
  context.world.progress.say(
      fmt::format("not durable yet: {}; promoted now it would not know that {} owns; pgcleave status says when it does",
                  fmt::join(behind, "; "), side.label()));
  return Json{{"not_durable_on", behind}};
}

}  // namespace

StepKind ownership_durable() {
  return {{.kind = "ownership.durable",
           .purpose = "Waits, as long as its timeout, until a side's ownership is on every member of its cluster that "
                      "Patroni may promote.",
           .parameters = {side_parameter("on", "the side that owns"), durable_parameter()},
           .outputs = {{"not_durable_on", "members that did not know it when the time was up, with what they say"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_ownership_durable,
          apply_ownership_durable,
          nullptr};
}

}  // namespace pgcleave::steps
