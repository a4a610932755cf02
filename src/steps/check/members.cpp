// check.members: could every member that Patroni may promote be told of a release? One that does not stream, and would
// own, is named before anything is changed. Reads only.
#include "base/format.h"
#include "base/units.h"
#include "steps/check/checking.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/cluster_members.h"
#include "world/durability.h"

namespace pgcleave::steps {
namespace {

constexpr Duration between_looks_at_members = std::chrono::seconds(1);

// Patroni promotes none that takes no connections; what it is when it has started is for the witness. It is told, and
// is not healthy.
std::string starting_members(Context& context, Side& side) {
  std::string told;
  const auto view = side.patroni().view(context.deadline.for_one_read());
  auto leader = side.leader(context.deadline.for_one_read());
  if (!view || !leader) return told;
  const auto members = inspect_members(side, *view, **leader, context.deadline.for_one_read());
  if (!members) return told;
  for (const auto& member : *members) {
    if (member.starting) told += (told.empty() ? "" : ", ") + member.name + " " + member.problem();
  }
  return told;
}

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
  const auto passed_over = starting_members(context, side);
  seen.state = State::done;
  seen.evidence = names.empty() ? side.label() + " has no other member that would own"
                                : names + " would have a release of " + side.label();
  if (!passed_over.empty()) seen.evidence += "; passed over: " + passed_over;
  return seen;
}

// A member that Patroni starts or rewinds streams again within half a minute, or is not listed any more.
Result<Json> apply_check_members(Context& context, const Json&) {
  TRY_ASSIGN(const auto wait, parse_duration(context.text("wait")));
  const auto patience = context.deadline.or_earlier(Deadline::in(wait));
  while (true) {
    auto seen = check_once(context, observe_check_members);
    if (seen || seen.error().kind != ErrorKind::not_ready || patience.passed()) return seen;
    context.world.progress.say(seen.error().what);
    if (!sleep_until(patience, between_looks_at_members, context.stop)) return seen;
  }
}

}  // namespace

StepKind check_members() {
  return {{.kind = "check.members",
           .purpose = "Checks that a release would reach every member of a cluster that Patroni may promote.",
           .parameters =
               {side_parameter("on", "the side that will be released"),
                durable_parameter(),
                {"wait", runbook::Type::duration, "0s", false, "how long a member may take until it streams", {}}},
           .outputs = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_members,
          apply_check_members,
          nullptr};
}

}  // namespace pgcleave::steps
