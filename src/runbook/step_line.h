// Reads one step of a runbook against the vocabulary.
#pragma once

#include "runbook/known.h"

namespace pgcleave::runbook {

StepLine read_step(const config::Node& node, const Known& known, config::Problems& problems);

}  // namespace pgcleave::runbook
