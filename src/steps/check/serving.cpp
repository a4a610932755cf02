// check.serving: who serves the moved tables, by what both sides' owners and the bouncers say. Reads only.
#include "base/address.h"
#include "base/format.h"
#include "postgres/wal.h"
#include "steps/check/checking.h"
#include "steps/parameters.h"
#include "steps/registry.h"
#include "world/stale_half.h"

namespace pgcleave::steps {
namespace {

Result<void> inspect_owners(Context& context, SideName serving, Findings& findings) {
  auto& world = context.world;
  if (serving == SideName::target) {
    TRY_ASSIGN(const auto wrong, not_split(world, context.deadline));
    if (!wrong.empty()) findings.add(world.target.label(), "does not serve: " + wrong);
    return {};
  }
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY_ASSIGN(const auto owner, fence::owner(*source, world.split.name, context.deadline));
  if (owner && *owner != fence::Owner::source) {
    findings.add(world.source.label(), fmt::format("does not serve: the owner there is {}", fence::name_of(*owner)));
  }
  return {};
}

Result<void> inspect_bouncers(Context& context, SideName serving, Findings& findings) {
  auto& world = context.world;
  TRY_ASSIGN(const auto route, world.route_to(serving, context.deadline));
  for (const auto& bouncer : world.fleet.routes(context.deadline)) {
    if (!bouncer.error.empty()) {
      findings.add(bouncer.name, bouncer.error);
      continue;
    }
    if (bouncer.paused) findings.add(bouncer.name, "is paused");
    if (bouncer.file == route && bouncer.running == route) continue;
    findings.add(bouncer.name, fmt::format("does not send clients to {} ({}), by its file and its process",
                                           address_text(route.host, route.port), world.side(serving).label()));
  }
  return {};
}

Result<Observation> inspect_check_serving(Context& context, Findings& findings) {
  auto& world = context.world;
  const auto serving = context.side_name("side");
  TRY_ASSIGN(auto* leader, world.side(serving).leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  if (recovery.in_recovery) findings.add(world.side(serving).label(), "is a standby");
  TRY(inspect_owners(context, serving, findings));
  TRY(inspect_bouncers(context, serving, findings));
  Observation seen;
  seen.state = findings.empty() ? State::done : State::pending;
  seen.evidence = findings.empty() ? fmt::format("{} serves, and {} send clients there", world.side(serving).label(),
                                                 world.bouncer_names())
                                   : findings.text();
  return seen;
}

Result<Observation> observe_check_serving(Context& context) {
  Findings findings;
  return inspect_check_serving(context, findings);
}

Result<Json> apply_check_serving(Context& context, const Json&) {
  return check_each_once(context, inspect_check_serving);
}

}  // namespace

StepKind check_serving() {
  return {{.kind = "check.serving",
           .purpose = "Checks that a side serves the moved tables, by both sides' owners and by every bouncer.",
           .parameters = {side_parameter("side", "the side that must serve")},
           .outputs = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_serving,
          apply_check_serving,
          nullptr};
}

}  // namespace pgcleave::steps
