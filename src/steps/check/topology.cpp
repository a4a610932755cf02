// check.topology: is the world as the environment file says, and are the split's tables fit for a cutover? Cheap enough
// for a gate.
#include "steps/check/judging.h"
#include "steps/parameters.h"

namespace pgcleave::steps {
namespace {

Result<checks::Findings> inspect_topology(Context& context) {
  return findings_for(context, {"topology", "schema"});
}

Result<Observation> observe_check_topology(Context& context) {
  TRY_ASSIGN(const auto findings, inspect_topology(context));
  return observed(context, findings);
}

Result<Json> apply_check_topology(Context& context, const Json& before) {
  return refused_or_judged(context, before, inspect_topology);
}

}  // namespace

StepKind check_topology() {
  std::vector<runbook::Parameter> parameters{side_parameter("serving", "the side that serves the moved tables now")};
  for (auto& parameter : moment_parameters()) parameters.push_back(std::move(parameter));
  return {
      {.kind = "check.topology",
       .purpose =
           "Checks clusters, standby chain, bouncers and tables: the families topology and schema of `pgcleave check`.",
       .parameters = std::move(parameters),
       .outputs = {},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {}},
      nullptr,
      observe_check_topology,
      apply_check_topology,
      nullptr};
}

}  // namespace pgcleave::steps
