// Resumes an earlier run in the direction that it had, or rolls it back: finds the run that is meant, judges whether
// there is anything to do, and acts on it (app/resumed_run.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/meant_run.h"
#include "app/resumed_run.h"

namespace pgcleave::app {

struct ResumeAsked {
  RunNamed run;
  std::vector<std::string> approved;  // gates, beforehand
  Asked how;                          // `back`: it is to be rolled back
};

// Either it was acted on, or it is over and there was nothing to do.
struct Resumed {
  std::optional<Acted> acted;
  std::string over;  // a sentence
};

// An error: nothing was done. `speech.again` is set here, since only the run tells its environment file.
Result<Resumed> resume(journal::Journal& journal, const ResumeAsked& asked, engine::RunOutput speech);

}  // namespace pgcleave::app
