// check.readiness: the checks of `pgcleave check`, as a step. What they find is told; from a severity on it stops the run.
#include <algorithm>

#include "base/format.h"
#include "steps/checking.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

std::vector<std::string> families_of(const Context& context) {
  return context.with.at("families").get<std::vector<std::string>>();
}

Result<Observation> observe_check_readiness(Context& context) {
  Observation seen;
  if (!context.world.check) {
    seen.evidence = "the checks are not offered here";
    return seen;
  }
  TRY_ASSIGN(const auto remarks, context.world.check(families_of(context)));
  const auto stops = [&](const Remark& remark) {
    return remark.severity == "blocker" || (remark.severity == "warning" && context.text("stop_at") == "warning");
  };
  std::vector<std::string> in_the_way;
  for (const auto& remark : remarks) {
    if (stops(remark)) in_the_way.push_back(fmt::format("{} ({}): {}", remark.id, remark.object, remark.evidence));
  }
  const auto counted = [&](const char* severity) {
    return std::count_if(remarks.begin(), remarks.end(), [&](const Remark& remark) { return remark.severity == severity; });
  };
  seen.facts = {{"blockers", counted("blocker")}, {"warnings", counted("warning")}, {"notes", counted("note")}};
  seen.evidence = in_the_way.empty() ? fmt::format("{} warnings, {} notes", counted("warning"), counted("note"))
                                     : fmt::format("{}", fmt::join(in_the_way, "; "));
  if (in_the_way.empty()) seen.state = State::done;
  return seen;
}

Result<Json> apply_check_readiness(Context& context, const Json&) {
  return check_once(context, observe_check_readiness);
}

}  // namespace

StepKind check_readiness() {
  return {
      {.kind = "check.readiness",
       .purpose = "Looks for what `pgcleave check` would find, and stops where it is too much.",
       .parameters = {{"families",
                       runbook::Type::list,
                       Json::array({"topology", "settings", "schema", "workload", "fence"}),
                       false,
                       "families of checks; with process also rehearsals and signatures",
                       {}},
                      {"stop_at", runbook::Type::text, "blocker", false, "the least severity that stops the run", {"blocker", "warning"}}},
       .facts = {{"blockers", "how many"}, {"warnings", "how many"}, {"notes", "how many"}},
       .changes = "",
       .undo = "nothing to undo: it only looks",
       .meaning = {}},
      nullptr,
      observe_check_readiness,
      apply_check_readiness,
      nullptr};
}

}  // namespace pgcleave::steps
