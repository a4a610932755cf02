// Effects that are recorded in the journal of a test's run.
#pragma once

#include "a_run.h"
#include "engine/effects.h"

namespace pgcleave::engine {

struct Recorded {
  ARun run{head};
  journal::Journal book = run.journal();
  Recorder recorder{book, ARun::id, {}, nullptr};
  JournaledEffects effects{recorder};
};

}  // namespace pgcleave::engine
