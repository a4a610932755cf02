// A person's signature for a change, in a role that its runbook names: kept in the journal, where the readiness verdict
// looks for it (readiness/evidence.h).
#pragma once

#include <string>

#include "journal/journal.h"
#include "runbook/change.h"

namespace pgcleave::app {

// Who signed. `invalid`: the runbook has no such role. `text`: a remark.
Result<std::string> sign(const runbook::Change& change, const std::string& role, const std::string& text);

}  // namespace pgcleave::app
