// Undo: last first, the failed step included, each with a fresh deadline, all attempted, each recorded. It works from
// the record alone, so another process can do it.
#pragma once

#include <string>

#include "engine/run_state.h"

namespace pgcleave::engine {

class Undoer {
 public:
  explicit Undoer(RunState& run);

  // Of a window's steps: those that clients wait for (UndoOrder::before_traffic), or all.
  enum class Part { clients_wait_for, all };

  // An error, `waiting` or `conflict`: undo would destroy what nobody gave up. Changes nothing, and what can't be seen
  // is no error: undo tries for longer, and refuses by itself.
  Result<void> may_undo(Direction direction);
  // Undoes what clients wait for, and records that the window was left. False: not all of it was undone.
  bool undo_window(const runbook::Phase& phase, const std::string& why);
  // False: not all of it was undone. What is undone already is passed over.
  bool undo_phase(const runbook::Phase& phase, Part part);
  // All of this direction: first what its window left, such as reattaching a promoted cluster, then what was prepared.
  bool undo_rest(Direction direction);

 private:
  bool undo_steps(const runbook::Phase* only, Direction direction, Part part);
  bool undo_step(const std::string& id);

  RunState& run_;
};

}  // namespace pgcleave::engine
