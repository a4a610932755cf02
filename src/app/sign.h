// A person's signature for a change, in a role that its runbook names: kept in the journal, where the readiness verdict
// looks for it (readiness/evidence.h).
#pragma once

#include <string>

#include "engine/record.h"
#include "journal/journal.h"
#include "runbook/change.h"

namespace pgcleave::app {

// Who signed. `invalid`: the runbook has no such role. `text`: a remark.
Result<std::string> sign(const runbook::Change& change, const std::string& role, const std::string& text);

// How a problem that a round of a rehearsal brought up was solved: until then no report says ready.

// Written into the journal, with the operator's name. `invalid`: `how` says nothing.
Result<void> mark_solved(journal::Journal& journal, const engine::RunRecord& run, const std::string& how);

}  // namespace pgcleave::app
