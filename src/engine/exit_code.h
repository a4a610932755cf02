// What the shell sees.
#pragma once

namespace pgcleave::engine {

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
};

}  // namespace pgcleave::engine
