// May a run with a window begin on production? Only with a readiness verdict for this very runbook, split, environment
// and program; or with a reason to begin without one, which stands in the journal and in the report. Asks no server.
#pragma once

#include <string>

#include "readiness/evidence.h"

namespace pgcleave::app {

// What `run.begun` says of it: {"verdict": "ready"}; {"verdict": "forced", "reason": ..., "blockers": [ids]}; null
// where no verdict is needed: on staging, and for a runbook without a window. Fails as not_ready, after it named each
// blocker on a line of its own; as invalid when the reason is blank.
Result<Json> readiness_or_reason(const runbook::Change& change, const std::string& reason);

}  // namespace pgcleave::app
