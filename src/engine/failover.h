// A side that fails over while clients wait. Its new leader may lack what the old one had confirmed to clients, and
// only Patroni's settings promise otherwise. So the run says it, after clients go on.
#pragma once

#include "base/json.h"
#include "engine/run_state.h"

namespace pgcleave::engine {

// Who leads each side, for the record `window.entered`; empty for a window that takes no ownership. Called before
// clients wait: the window uses the same connections, which tell then whether anything has changed.
Result<Json> note_leaders(RunState& run, const runbook::Phase& phase);

// Gives another process what note_leaders() of the one that entered the window recorded.
void expect_leaders(world::World& world, const Json& leaders);

// Records and says each failover since then that was not said yet.
void tell_failovers(RunState& run, const runbook::Phase& phase);

}  // namespace pgcleave::engine
