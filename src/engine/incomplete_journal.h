// A journal that may lack what was done last: a copy, or one that was put back. What it lacks may be the very request
// that passed ownership. So nothing is signed or undone before both sides' owners have told.
#pragma once

#include <optional>

#include "engine/run_result.h"
#include "engine/run_state.h"

namespace pgcleave::engine {

// A value: an owner can't be read, or the journal lacks the end of this run. Writes nothing, so that a refusal leaves
// the journal as it was. Asks nobody where the journal is known to hold all.
std::optional<RunResult> refuse_without_owners(RunState& run);

// A value: ownership was passed, and the journal does not say so. Undoing what this run prepared would take it from
// under the side that serves now: its fence, the rollback path, the promotion itself. Nothing is written either, since
// that would be a second end beside the lost one.
std::optional<RunResult> refuse_without_end(RunState& run);

}  // namespace pgcleave::engine
