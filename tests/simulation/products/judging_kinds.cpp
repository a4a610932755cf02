#include "products/judging_kinds.h"

#include "base/format.h"
#include "postgres/identity.h"
#include "postgres/replication.h"
#include "steps/check/checking.h"
#include "world/link.h"

namespace pgcleave::simulation {
namespace {

using steps::Context;
using steps::Findings;
using steps::Observation;
using steps::State;

// By the same looks as the family topology, each of which may fail: who leads, whether it is in recovery, from whom it
// streams.
std::optional<postgres::Identity> inspect_side(Context& context, world::Side& side, Findings& findings) {
  const auto view = side.patroni().view(context.deadline);
  if (!view) {
    findings.add(view.error());
    return {};
  }
  auto leader = side.leader(context.deadline);
  if (!leader) {
    findings.add(leader.error());
    return {};
  }
  auto identity = postgres::identify(**leader, context.deadline);
  if (identity) return std::move(*identity);
  findings.add(identity.error());
  return {};
}

void inspect_chain(Context& context, const postgres::Identity& source, const postgres::Identity& target,
                   Findings& findings) {
  auto& world = context.world;
  if (source.in_recovery) findings.add(world.source.label(), "is in recovery");
  if (context.text("target") == "promoted") {
    if (target.in_recovery) findings.add(world.target.label(), "is a standby");
    return;
  }
  if (!target.in_recovery) return findings.add(world.target.label(), "is no standby");
  const auto obstacles = world.target.patroni().obstacles_to_promotion(context.deadline);
  if (!obstacles) return findings.add(obstacles.error());
  for (const auto& obstacle : *obstacles) findings.add(world.target.label(), obstacle);
  const auto leader = world.source.leader(context.deadline);
  const auto left = leader ? postgres::subscription(**leader, world::reverse_link(world).name, context.deadline)
                           : Result<std::optional<postgres::Subscription>>(fail(leader.error()));
  if (!left) return findings.add(left.error());
  if (*left) findings.add(world.source.label(), "has a subscription of an earlier run");
}

void inspect_fleet(Context& context, Findings& findings) {
  auto& world = context.world;
  const auto route = world.route_to(steps::SideName::source, context.deadline).value();
  for (const auto& bouncer : world.fleet.read_states(context.deadline)) {
    if (!bouncer.reachable) findings.add(bouncer.name, "can't be reached: " + bouncer.error);
    if (bouncer.reachable && bouncer.database.paused) findings.add(bouncer.name, "is paused");
  }
  for (const auto& bouncer : world.fleet.routes(context.deadline)) {
    if (!bouncer.error.empty()) {
      findings.add(bouncer.name, bouncer.error);
    } else if (bouncer.file != route || bouncer.running != route) {
      findings.add(bouncer.name, "does not point at the source");
    }
  }
}

Result<Observation> observe_judging(Context& context) {
  Findings findings;
  if (context.text("serving") == "source") {
    auto& world = context.world;
    const auto source = inspect_side(context, world.source, findings);
    const auto target = inspect_side(context, world.target, findings);
    if (source && target) inspect_chain(context, *source, *target, findings);
    inspect_fleet(context, findings);
  }
  Observation seen;
  seen.state = findings.empty() ? State::done : State::pending;
  seen.evidence = findings.text();
  seen.outputs = {{"blockers", findings.list().size()}, {"warnings", 0}, {"notes", 0}};
  return seen;
}

Result<Json> refuse_or_tell(Context& context, const Result<Observation>& seen) {
  if (!seen) return fail(seen.error());
  if (seen->state == State::done) return seen->outputs;
  return fail({ErrorKind::not_ready, "environment " + context.world.environment.name, seen->evidence, "", "", "", ""});
}

Result<Json> apply_judging(Context& context, const Json&) {
  return refuse_or_tell(context, observe_judging(context));
}

steps::StepKind judging(const std::string& kind) {
  using runbook::Type;
  return {{.kind = kind,
           .purpose = "Judges.",
           .parameters = {{"families", Type::list, Json::array(), false, "", {}},
                          {"serving", Type::text, "any", false, "", {}},
                          {"target", Type::text, "standby", false, "", {}},
                          {"budget", Type::duration, "5s", false, "", {}},
                          {"accept", Type::list, Json::array(), false, "", {}}},
           .outputs = {{"blockers", ""}, {"warnings", ""}, {"notes", ""}},
           .changes = "",
           .undo = "",
           .traits = {}},
          nullptr,
          observe_judging,
          apply_judging,
          nullptr};
}

// Rows of the model are the same where its links carry them, and the judge looks at each. What may fail is whether both
// leaders answer.
Result<Observation> observe_comparing(Context&) {
  Observation seen;
  seen.lasting = false;
  return seen;
}

Result<Json> apply_comparing(Context& context, const Json&) {
  auto& world = context.world;
  Findings findings;
  if (!world.run.emergency) {
    inspect_side(context, world.source, findings);
    inspect_side(context, world.target, findings);
  }
  if (!findings.empty() && context.with.value("stop", true))
    return fail({ErrorKind::failed, "the rows of both sides", findings.text(), "", "", "", ""});
  return Json{{"verdict", findings.empty() ? "same" : "not_proven"},
              {"text", findings.text()},
              {"words", ""},
              {"given_up", ""}};
}

steps::StepKind comparing() {
  using runbook::Type;
  return {{.kind = "rows.compare",
           .purpose = "Compares.",
           .parameters = {{"for", Type::duration, "10m", false, "", {}}, {"stop", Type::boolean, true, false, "", {}}},
           .outputs = {{"verdict", ""}, {"text", ""}, {"words", ""}, {"given_up", ""}},
           .changes = "",
           .undo = "",
           .traits = {.gives_up = true}},
          nullptr,
          observe_comparing,
          apply_comparing,
          nullptr};
}

}  // namespace

std::vector<steps::StepKind> judging_kinds() {
  return {judging("check.readiness"), judging("check.topology"), judging("check.settings"), comparing()};
}

}  // namespace pgcleave::simulation
