// The list of what was in a split is in its databases, and in the journal of the run that wrote it.
#pragma once

#include "journal/journal.h"
#include "world/world.h"

namespace pgcleave::app {

// `not_ready` when this journal knows the run that split, and holds another list than the target has. Fine where
// nothing was split, or another host's journal did it.
Result<void> as_this_journal_wrote_it(world::World& world, const journal::Journal& journal, Deadline deadline);

}  // namespace pgcleave::app
