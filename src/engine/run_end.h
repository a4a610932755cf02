// How a run ends: what is undone after a failure, what is recorded, and what people are told.
#pragma once

#include <string>

#include "base/json.h"
#include "engine/run_result.h"
#include "engine/run_state.h"
#include "engine/split_lease.h"
#include "engine/undoer.h"
#include "engine/window_hooks.h"

namespace pgcleave::engine {

class RunEnd {
 public:
  RunEnd(RunState& run, SplitLease& lease, Undoer& undoer, WindowHooks& hooks);

  // Records the outcome and who serves. Releases the split's lease when nothing is left to do.
  RunResult finish(journal::RunOutcome outcome, ExitCode exit, const std::string& text);
  // After a failure outside windows: undoes all of this direction, unless it is too late for that or a person has to
  // decide first. `gate_rejected`: a person said no; a rollback is cancelled then, and the run keeps its previous
  // state.
  RunResult failed_outside(const runbook::Phase& phase, const Error& error, bool gate_rejected = false);
  // After a failure in a window: undoes the window, first what clients wait for, unless ownership was taken.
  // `ownership_unknown`: nobody can tell whether it was; then nothing is undone.
  RunResult failed_in_window(const runbook::Phase& phase, const Error& error, bool ownership_unknown);
  // Undoes a window that was entered: what clients wait for, then, once they go on, the rest, and says what clients
  // saw. False: not all of it was undone, and the guard tries again when this process has gone.
  bool undo_window(const runbook::Phase& phase, const std::string& why);

 private:
  RunResult undo_all(Direction direction, const Error& error);

  RunState& run_;
  SplitLease& lease_;
  Undoer& undoer_;
  WindowHooks& hooks_;
};

// A side that fails over while clients wait. Its new leader may lack what the old one had confirmed to clients, and
// only Patroni's settings promise otherwise. So the run says it, after clients go on.

// Who leads each side, for the record `window.entered`; empty for a window that takes no ownership. Called before
// clients wait: the window uses the same connections, which tell then whether anything has changed.
Result<Json> note_leaders(RunState& run, const runbook::Phase& phase);

// Gives another process what note_leaders() of the one that entered the window recorded.
void expect_leaders(world::World& world, const Json& leaders);

// Records and says each failover since then that was not said yet.
void tell_failovers(RunState& run, const runbook::Phase& phase);

}  // namespace pgcleave::engine
