// Who answers a run's gates, and what may be approved before a run has asked (--approve).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "engine/run_output.h"
#include "journal/journal.h"
#include "runbook/runbook.h"
#include "world/world.h"

namespace pgcleave::app {

using Answers = std::function<std::optional<world::Approval>(const world::Question& question)>;
using Approver = std::function<Answers(const std::string& run, const engine::RunOutput& speech)>;

// People: beforehand ("step", or "step=words"), by `pgcleave approve`, or at the terminal. The journal must outlive it.
Approver people(const journal::Journal& journal, const std::vector<std::string>& beforehand);

// On production a gate is approved when it is reached, by somebody who has seen what came before it.
Result<void> may_approve_beforehand(const config::Environment& environment, const std::vector<std::string>& beforehand);

// `invalid` when one names what is no step of this runbook, or a step that asks nobody.
Result<void> asks_for_these(const runbook::Runbook& runbook, const std::vector<std::string>& beforehand);

}  // namespace pgcleave::app
