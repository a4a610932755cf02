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

}  // namespace pgcleave::engine
