// Reads the phases of a runbook in the order in which they run, whatever their order in the file.
#pragma once

#include "config/schema.h"
#include "runbook/known.h"

namespace pgcleave::runbook {

// Asks `top` for all phases and gives those that have steps.
std::vector<Phase> read_phases(config::Fields& top, Known& known, config::Problems& problems);

}  // namespace pgcleave::runbook
