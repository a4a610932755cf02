#include "app/approver.h"

#include <algorithm>

#include "app/identity.h"
#include "base/format.h"
#include "base/similar.h"
#include "engine/approvals.h"
#include "steps/registry.h"

namespace pgcleave::app {
namespace {

// A gate; or a step that asks before it destroys rows.
bool may_ask(const runbook::StepLine& line) {
  const auto* kind = steps::find(line.uses);
  return kind != nullptr && (kind->description.traits.waits_for_person || kind->description.traits.gives_up);
}

}  // namespace

Approver people(const journal::Journal& journal, const std::vector<std::string>& beforehand) {
  return [&journal, beforehand](const std::string& run, const engine::RunOutput& speech) {
    return engine::approvals(journal, run, beforehand, operator_name(), speech.ask);
  };
}

Result<void> may_approve_beforehand(const config::Environment& environment,
                                    const std::vector<std::string>& beforehand) {
  if (!environment.production || beforehand.empty()) return {};
  return fail({ErrorKind::invalid, "environment " + environment.name,
               "is of class production: its gates can't be approved beforehand", "", "--approve",
               "leave it out; when the run waits: pgcleave approve RUN STEP", ""});
}

Result<void> asks_for_these(const runbook::Runbook& runbook, const std::vector<std::string>& beforehand) {
  std::vector<std::string> asking;
  for (const auto& phase : runbook.phases) {
    for (const auto& line : phase.steps) {
      if (may_ask(line)) asking.push_back(line.id);
    }
  }
  for (const auto& entry : beforehand) {
    const auto step = entry.substr(0, entry.find('='));
    if (std::find(asking.begin(), asking.end(), step) != asking.end()) continue;
    const auto* line = runbook.step(step);
    const auto close = closest(step, asking);
    return fail({ErrorKind::invalid, "--approve " + step,
                 line == nullptr ? "is no step of runbook " + runbook.name
                                 : fmt::format("is a step ({}) that asks nobody", line->uses),
                 asking.empty() ? "no --approve: this runbook asks nobody" : fmt::format("{}", fmt::join(asking, ", ")),
                 "", close.empty() ? "correct it, or leave it out" : fmt::format("did you mean {}?", close), ""});
  }
  return {};
}

}  // namespace pgcleave::app
