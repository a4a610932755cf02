// What can be proved about a runbook without running it: that clients who wait are let go again within a budget, and
// that two sides never own the moved tables at once.
#pragma once

#include "config/problems.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

// Reports what the rules of docs/runbook-language.md ("What is proved") forbid. Steps of unknown kind are passed over.
void prove(const Runbook& runbook, const Vocabulary& vocabulary, config::Problems& problems);

}  // namespace pgcleave::runbook
