// One execution of a runbook against the world. The driver:
//
//   forward   prepare > gate > window > verify                                     run, resume
//   back      rollback.prepare > rollback.gate > rollback.window > rollback.then   rollback, resume
//
// Its parts, each with its own header:
//   step_runner.h    one step: inspect > intent > apply > inspect > outcome
//   phase_runner.h   the phases in which no client waits
//   window_runner.h  a window: planned without effects, announced on disk, then run under its budget
//   undoer.h         undo, last first
//   resumer.h        a window that a dead process left open, settled by what both sides' owners say
//   split_lease.h    which run may act on the split
//   run_end.h        what a failure leads to, and what people are told
// Until ownership is taken every failure, ctrl-C or lost budget is undone: first what clients wait for, then the rest.
// After it nothing stops the tail.
#pragma once

#include <optional>
#include <string>

#include "engine/phase_runner.h"
#include "engine/resumer.h"

namespace pgcleave::engine {

class Run {
 public:
  Run(runbook::Runbook runbook, Json params, world::World& world, Recorder& recorder, StopFlag& stop, RunOutput output,
      WindowProbe probe = {}, GuardHooks guard = {});

  RunResult forward();
  RunResult back();
  // Goes on with a run that died or stopped, in the direction that it had.
  RunResult resume();
  // Brings clients back where a process that died had left a window open: undoes it, or finishes it when ownership was
  // taken. Goes no further. What a guard does.
  RunResult settle();
  // The owners of both sides, where the journal may not hold all that was done. A value: one can't be read, or the
  // journal lacks the end of this run. Asked before anything is written of a resumed run: a refusal leaves the journal
  // as it was.
  std::optional<RunResult> owners_first();

 private:
  std::optional<RunResult> begin_acting();
  void now_knows_all();
  RunResult phases(Direction direction);
  RunResult done(Direction direction);
  RunResult roll_back();

  RunState run_;
  SplitLease lease_{run_};
  Undoer undoer_{run_};
  StepRunner steps_{run_};
  PhaseRunner phases_{run_, steps_};
  WindowHooks hooks_;
  WindowRunner windows_{run_, steps_, lease_, hooks_};
  RunEnd end_{run_, lease_, undoer_, hooks_};
  Resumer resumer_{run_, lease_, hooks_, undoer_, windows_, end_};
};

}  // namespace pgcleave::engine
