// check.readiness: the families of `pgcleave check`, as a step.
#include "steps/check/judging.h"

namespace pgcleave::steps {
namespace {

Result<checks::Findings> look_for_readiness(Context& context) {
  return findings_for(context, context.with.at("families").get<std::vector<std::string>>());
}

Result<Observation> observe_check_readiness(Context& context) {
  TRY_ASSIGN(const auto findings, look_for_readiness(context));
  return observed(context, findings);
}

Result<Json> apply_check_readiness(Context& context, const Json& before) {
  return refused_or_judged(context, before, look_for_readiness);
}

}  // namespace

StepKind check_readiness() {
  using runbook::Type;
  std::vector<runbook::Parameter> parameters{
      {"families",
       Type::list,
       Json::array({"topology", "settings", "schema", "workload", "fence", "access"}),
       false,
       "families of checks; with process also rehearsals and signatures",
       {}},
      {"stop_at", Type::text, "blocker", false, "the least severity that stops the run", {"blocker", "warning"}},
      {"serving",
       Type::text,
       "any",
       false,
       "the side that serves the moved tables now; any: nobody said",
       {"source", "target", "any"}}};
  for (auto& parameter : moment_parameters()) parameters.push_back(std::move(parameter));
  return {{.kind = "check.readiness",
           .purpose = "Looks for what `pgcleave check` would find, and stops where it is too much.",
           .parameters = std::move(parameters),
           .outputs = {{"blockers", "how many, with those that are accepted"},
                       {"warnings", "how many"},
                       {"notes", "how many"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_readiness,
          apply_check_readiness,
          nullptr};
}

}  // namespace pgcleave::steps
