// Undo: last first, the failed step included, each with a fresh deadline, all attempted, each recorded. It works from
// the record alone, so another process can do it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/direction.h"
#include "engine/record.h"
#include "engine/run_state.h"
#include "runbook/runbook.h"

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

// What a run did outside its windows that can't be undone. Inside a window the point of no return is another one:
// `take`.

// "empty_source (tables.truncate): the rows are gone", for each step that did something, in the order in which they
// were begun.
std::vector<std::string> irreversible(const RunRecord& run, Direction direction);

// The window of this direction is behind: ownership was taken. One that has nothing to take, such as one that only
// stops and starts services, is behind when it was left, if the runbook says how to go back; else undoing is the way
// back.
bool is_past_window(const RunRecord& run, const runbook::Runbook& runbook, Direction direction);

// Why this run can't be rolled back; no value: it can.
std::optional<Error> rollback_blocker(const RunRecord& run, const runbook::Runbook& runbook);

}  // namespace pgcleave::engine
