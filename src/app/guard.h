// The guard's process: started by a run before a window (app/guarding.h), it outlives the run and brings clients back
// should the run die there. It has a session of its own, so that neither ctrl-C nor a closed terminal reaches it, and
// connections of its own, opened before clients wait. It only watches, until the runner has died, is stopped for longer
// than the window may last, or has written nothing for long: then it makes sure that the runner is gone, and does what
// `resume` does first: looks at the owners, then undoes or finishes the window. It goes no further, and it never
// guesses: as long as the owners can't be seen it looks again. The journal may be what holds everybody up: then it goes
// by what the runner told it of the window.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/run_result.h"

namespace pgcleave::app {

struct GuardAsked {
  std::string run;
  std::string environment;  // a file
  std::string journal;
  int runner = 0;  // the process that is guarded: the parent of this one
};

// Hears the runner on standard input, and says "ready" on standard output. Returns when the window was left in order,
// or when clients are served again, or can't be. An error: it could not open all that it needs.
Result<engine::ExitCode> guard(const GuardAsked& asked);

}  // namespace pgcleave::app
