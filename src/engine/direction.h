// Which way a run goes: forward, or back once a rollback was asked for.
#pragma once

#include "runbook/runbook.h"

namespace pgcleave::engine {

enum class Direction { forward, back };

Direction direction_of(runbook::PhaseKind phase);
Direction direction_of(const runbook::Phase& phase);

// The phase in which clients wait.
runbook::PhaseKind window_of(Direction direction);

}  // namespace pgcleave::engine
