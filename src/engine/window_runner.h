// The window: clients wait. All that can be done before has been done. What is left runs under the budget, of which a
// part is kept back for undo. Until ownership is taken a failure ends the window, and its caller undoes it; after that
// the tail, what is left then, is tried again for 60 s, and no signal stops it.
#pragma once

#include <cstddef>
#include <optional>

#include "engine/run_state.h"
#include "engine/split_lease.h"
#include "engine/step_runner.h"
#include "engine/window_hooks.h"

namespace pgcleave::engine {

class WindowRunner {
 public:
  WindowRunner(RunState& run, StepRunner& steps, SplitLease& lease, WindowHooks& hooks);

  // Plans the window, announces it on disk, and runs it to its end. On an error the record says how far it came: not
  // entered, entered, or taken.
  Result<void> run(const runbook::Phase& phase);
  // Did the last run() end because nobody could tell whether ownership was taken?
  [[nodiscard]] bool ownership_is_unknown() const { return ownership_unknown_; }
  // Of a window whose ownership was taken: the steps from this one on, and the record that it was left.
  Result<void> finish(const runbook::Phase& phase, std::size_t from);
  // Does the owner say that `take` has passed ownership? Waits until the owner can be read. `fence_out`: first no
  // request that is still in flight may pass it later.
  Result<bool> was_taken(const runbook::StepLine& take, Deadline deadline, bool fence_out);

 private:
  Result<Json> plan(const runbook::Phase& phase);
  Result<void> prepare(const runbook::Phase& phase, const Json& known);
  Result<void> enter(const runbook::Phase& phase, Duration budget, Duration reserve);
  Result<void> until_taken(const runbook::Phase& phase, Deadline deadline, std::size_t& next);
  Result<bool> is_taken_after(const runbook::StepLine& take, const Result<void>& done);
  Result<void> tail(const runbook::Phase& phase, std::size_t from);
  Result<void> leave(const runbook::Phase& phase);

  RunState& run_;
  StepRunner& steps_;
  SplitLease& lease_;
  WindowHooks& hooks_;
  bool ownership_unknown_ = false;
  std::optional<Duration> cpu_when_entered_;  // by this process
};

}  // namespace pgcleave::engine
