// check.members: could every member that Patroni may promote be told of a release? One that does not stream, and would own, is named before
// anything is changed. Reads only.
#include "base/format.h"
#include "steps/checking.h"
#include "steps/durability.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_check_members(Context& context) {
  auto& side = context.on();
  Observation seen;
  if (!waits_for_members(context)) {
    seen.state = State::done;
    seen.evidence = "not looked at, by `durable: leader`: a failover may bring a release back";
    return seen;
  }
  const auto members = members_to_tell(context.world, side, context.deadline);
  if (!members) {
    seen.evidence = members.error().text();
    return seen;
  }
  std::string names;
  for (const auto& told : *members) names += (names.empty() ? "" : ", ") + told.member.name;
  seen.state = State::done;
  seen.evidence = names.empty() ? side.label() + " has no other member that would own" : names + " would have a release of " + side.label();
  return seen;
}

Result<Json> apply_check_members(Context& context, const Json&) {
  return check_once(context, observe_check_members);
}

}  // namespace

StepKind check_members() {
  return {{.kind = "check.members",
           .purpose = "Checks that a release would reach every member of a cluster that Patroni may promote.",
           .parameters = {side_parameter("on", "the side that will be released"), durable_parameter()},
           .facts = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe_check_members,
          apply_check_members,
          nullptr};
}

}  // namespace pgcleave::steps
