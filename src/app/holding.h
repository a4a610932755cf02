// May this process act on the split? Asked before anything is written, so that a second operator changes nothing and is
// told whom to ask.
#pragma once

#include "journal/journal.h"
#include "world/holding.h"

namespace pgcleave::app {

// `held` with who holds the split since when, and `command` (of this very call) with --takeover. A run that this
// journal knows to be over holds nothing, whatever a side that could not be reached at its end still says: then
// world.run.take_over is set.
Result<void> may_act(world::World& world, const journal::Journal& journal, const world::SplitHeld& held,
                     const std::string& command);

// The split's lock beside the journal: for this process, as long as it lives; `held` when another one has it.
Result<journal::SplitHold> hold_split(journal::Journal& journal, const std::string& split, const std::string& run);

// Does this journal hold all that was done to the split (steps::SplitHeld::signed_last_by)?
bool knows_all(const world::World& world, const journal::Journal& journal, const world::SplitHeld& held);

}  // namespace pgcleave::app
