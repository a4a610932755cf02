// Which way a run goes: forward, or back once a rollback was asked for.
#pragma once

#include <string>

#include "runbook/runbook.h"

namespace pgcleave::engine {

enum class Direction { forward, back };

// By the phase's name, as journals have it; forward where the name is of no phase.
Direction direction_of(const std::string& phase_name);
Direction direction_of(const runbook::Phase& phase);

// The name of the phase in which clients wait: "window" or "rollback.window".
const char* window_of(Direction direction);

}  // namespace pgcleave::engine
