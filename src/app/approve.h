// A person's approval of a gate of an earlier run, written into its record.
#pragma once

#include <string>

#include "app/files.h"
#include "engine/record.h"
#include "journal/journal.h"

namespace pgcleave::app {

struct ApprovalGiven {
  std::string step;
  std::string words;  // as they were typed
  FilesNamed files;   // an environment that is named must be the run's
};

// The command to type next. `invalid`: the run is over, the step asks nobody, or it asks for other words.
Result<std::string> approve(journal::Journal& journal, const engine::RunRecord& run, const ApprovalGiven& given);

}  // namespace pgcleave::app
