// How a run ended, for the person who asked for it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "world/world.h"

namespace pgcleave::engine {

// What the shell sees.

enum class ExitCode {
  done = 0,
  invalid = 2,    // usage, or a file that is wrong
  not_ready = 3,  // nothing was changed
  undone = 4,     // failed and undone: who served before serves
  needs_person = 5,
  waiting = 6,           // for an approval
  held = 7,              // another run holds the split
  past_no_return = 8,    // `resume` finishes it
  done_with_misses = 9,  // done, but a budget or a check was missed
  rows_differ = 10,      // `compare` found rows that are not the same on both sides
};

struct RunResult {
  ExitCode exit = ExitCode::done;
  std::string text;   // what happened, in a sentence
  std::string state;  // what is true now: who owns, do clients wait
  std::string next;   // the command to type next; may be empty
};

// How a run talks to people. All may be empty.

struct RunOutput {
  std::function<void(const std::string&)> say;                                         // a step was done
  std::function<void(const std::string&)> warn;                                        // a miss, an undo
  std::function<void(const std::string&)> progress;                                    // how far a long step is
  std::function<std::optional<world::Approval>(const world::Question& question)> ask;  // empty: no terminal
  std::string again;  // what a command about this run needs besides its id, such as " -e lab.yml"
};

}  // namespace pgcleave::engine
