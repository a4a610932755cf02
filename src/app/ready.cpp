#include "app/ready.h"

#include <algorithm>

#include "base/counted.h"
#include "base/format.h"
#include "base/log.h"
#include "checks/finding.h"
#include "report/gather.h"

namespace pgcleave::app {
namespace {

bool has_window(const runbook::Runbook& runbook) {
  return std::any_of(runbook.phases.begin(), runbook.phases.end(), [](const auto& phase) { return phase.is_window; });
}

}  // namespace

Result<Json> readiness_or_reason(const runbook::Change& change, const std::string& reason) {
  const bool forced = !reason.empty();
  if (forced && reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    return fail({ErrorKind::invalid, "--force", "needs a reason", "words that a reader of the report understands", "",
                 "pgcleave run ... --force 'the primary is losing its disk'", ""});
  }
  const auto& environment = change.environment;
  if (!environment.production || !has_window(change.runbook)) return Json();
  TRY_ASSIGN(const auto readiness, report::gather(change));
  Json blockers = Json::array();
  for (const auto& finding : report::findings_of(readiness)) {
    if (finding.severity != checks::Severity::blocker) continue;
    blockers.push_back(finding.id);
    log::error(fmt::format("not ready: {} ({}): {}; {}", printable(finding.object), finding.id,
                           printable(finding.evidence), printable(finding.fix)));
  }
  if (blockers.empty()) return Json{{"verdict", "ready"}};
  if (forced) {
    log::warn(fmt::format("the run begins although it is not ready, because: {}", printable(reason)));
    return Json{{"verdict", "forced"}, {"reason", reason}, {"blockers", blockers}};
  }
  return fail(
      {ErrorKind::not_ready, "environment " + environment.name,
       fmt::format("is of class production, and {} is not ready for it; nothing was changed", change.runbook.name),
       "no blocker in the readiness review", counted(blockers.size(), "blocker"),
       fmt::format("pgcleave report readiness {} -e {} shows all of it; to begin all the same: --force 'REASON'",
                   change.runbook.path, environment.path),
       ""});
}

}  // namespace pgcleave::app
