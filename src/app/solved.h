// How a problem that a round of a rehearsal brought up was solved: until then no report says ready.
#pragma once

#include <string>

#include "engine/record.h"
#include "journal/journal.h"

namespace pgcleave::app {

// Written into the journal, with the operator's name. `invalid`: `how` says nothing.
Result<void> mark_solved(journal::Journal& journal, const engine::RunRecord& run, const std::string& how);

}  // namespace pgcleave::app
