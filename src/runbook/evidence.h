// What a runbook asks for beside its steps: how closely its windows are watched, how often and how lately it must have
// been rehearsed, who signs, and what would call for a rollback.
#pragma once

#include "config/schema.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

void read_evidence(config::Fields& top, Runbook& runbook, config::Problems& problems);

// The properties of these keys, for the JSON Schema.
Json evidence_schema();

}  // namespace pgcleave::runbook
