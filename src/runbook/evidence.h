// What a runbook asks for beside its steps: how closely its windows are watched, how often and how lately it must have been rehearsed, who
// signs, and what would call for a rollback.
#pragma once

#include "runbook/runbook.h"
#include "runbook/schema.h"

namespace pgcleave::runbook {

void read_evidence(Fields& top, Runbook& runbook, Problems& problems);

// The properties of these keys, for the JSON Schema.
Json evidence_schema();

}  // namespace pgcleave::runbook
