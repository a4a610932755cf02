// A person's approval of a gate of an earlier run, written into its record.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/files.h"
#include "config/environment.h"
#include "engine/record.h"
#include "engine/run_result.h"
#include "journal/journal.h"
#include "runbook/runbook.h"
#include "world/world.h"

namespace pgcleave::app {

struct ApprovalGiven {
  std::string step;
  std::string words;  // as they were typed
  FilesNamed files;   // an environment that is named must be the run's
};

// The command to type next. `invalid`: the run is over, the step asks nobody, or it asks for other words.
Result<std::string> approve(journal::Journal& journal, const engine::RunRecord& run, const ApprovalGiven& given);

// Who answers a run's gates, and what may be approved before a run has asked (--approve).

using Answers = std::function<std::optional<world::Approval>(const world::Question& question)>;
using Approver = std::function<Answers(const std::string& run, const engine::RunOutput& speech)>;

// People: beforehand ("step", or "step=words"), by `pgcleave approve`, or at the terminal. The journal must outlive it.
Approver people(const journal::Journal& journal, const std::vector<std::string>& beforehand);

// On production a gate is approved when it is reached, by somebody who has seen what came before it.
Result<void> may_approve_beforehand(const config::Environment& environment, const std::vector<std::string>& beforehand);

// `invalid` when one names what is no step of this runbook, or a step that asks nobody.
Result<void> asks_for_these(const runbook::Runbook& runbook, const std::vector<std::string>& beforehand);

}  // namespace pgcleave::app
