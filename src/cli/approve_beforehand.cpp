// --approve: what may be approved before a run has asked.
#include <algorithm>

#include "base/format.h"
#include "base/similar.h"
#include "cli/session.h"
#include "steps/registry.h"

namespace pgcleave::cli {
namespace {

// A gate; or a step that asks before it destroys rows.
bool may_ask(const runbook::StepLine& line) {
  const auto* kind = steps::find(line.uses);
  return kind != nullptr && (kind->description.meaning.waits_for_person || kind->description.meaning.gives_up);
}

}  // namespace

Result<void> asks_for_these(const runbook::Runbook& runbook, const Arguments& arguments) {
  std::vector<std::string> asking;
  for (const auto& phase : runbook.phases) {
    for (const auto& line : phase.steps) {
      if (may_ask(line)) asking.push_back(line.id);
    }
  }
  for (const auto& entry : arguments.list("approve")) {
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

}  // namespace pgcleave::cli
