// What a run of a change would do, forth and back, and what stands in its way now: all of it by dry runs of its steps,
// which only read.
#pragma once

#include <optional>
#include <vector>

#include "base/outside.h"
#include "engine/plan.h"
#include "runbook/change.h"
#include "steps/check/forecasting.h"

namespace pgcleave::app {

struct Plan {
  std::vector<engine::PlannedStep> forward;
  std::vector<engine::PlannedStep> back;
  // What rehearsals took, and what is in the way now; nothing for a runbook without a window, or where one side can't
  // be asked.
  std::optional<steps::Forecast> forecast;
  double budget_ms = 0;  // of the window
  TriedOutside guard;    // can it run outside of this control group?

  // What the first checks already refuse; null: nothing.
  [[nodiscard]] const engine::PlannedStep* refused() const;
};

Result<Plan> plan(const runbook::Change& change);

}  // namespace pgcleave::app
