// A window that a process left open when it died. Both sides' owners say how far it came, since the journal may end
// before what was done does: ownership was taken, and the window is finished; or it was not, and the window is undone.
#pragma once

#include <optional>

#include "engine/run_end.h"
#include "engine/run_result.h"
#include "engine/run_state.h"
#include "engine/window_runner.h"

namespace pgcleave::engine {

class Resumer {
 public:
  Resumer(RunState& run, SplitLease& lease, WindowHooks& hooks, Undoer& undoer, WindowRunner& windows, RunEnd& end);

  // Brings clients back. No value: no window is open any more, go on. A value: it ended here, and a person or another
  // process has to go on.
  std::optional<RunResult> settle_window();

 private:
  Result<bool> ask_whether_taken(const runbook::Phase& phase, const runbook::StepLine* take);
  Result<bool> owner_says_taken(const runbook::StepLine& take);
  std::optional<RunResult> finish_window(const runbook::Phase& phase, const runbook::StepLine* take);
  std::optional<RunResult> undo_window(const runbook::Phase& phase);
  void assume_begun(const runbook::Phase& phase);
  bool undo_left_over();

  RunState& run_;
  SplitLease& lease_;
  WindowHooks& hooks_;
  Undoer& undoer_;
  WindowRunner& windows_;
  RunEnd& end_;
};

// A journal that may lack what was done last: a copy, or one that was put back. What it lacks may be the very request
// that passed ownership. So nothing is signed or undone before both sides' owners have told.

// A value: an owner can't be read, or the journal lacks the end of this run. Writes nothing, so that a refusal leaves
// the journal as it was. Asks nobody where the journal is known to hold all.
std::optional<RunResult> refuse_without_owners(RunState& run);

// A value: ownership was passed, and the journal does not say so. Undoing what this run prepared would take it from
// under the side that serves now: its fence, the rollback path, the promotion itself. Nothing is written either, since
// that would be a second end beside the lost one.
std::optional<RunResult> refuse_without_end(RunState& run);

}  // namespace pgcleave::engine
