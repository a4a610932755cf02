// For verbs by which a person adds to an earlier run's record: approve, solved.
#pragma once

#include <functional>

#include "cli/verb.h"
#include "engine/record.h"
#include "journal/journal.h"

namespace pgcleave::cli {

// With the run that RUN names, in the journal that the command names, open for writing. Complains when there is none.
ExitCode with_run(const Arguments& arguments,
                  const std::function<ExitCode(journal::Journal& journal, const engine::RunRecord& run)>& act);

// For hold, continue and pace: the run that RUN names, or the comparison. Where there is no such run, or nothing of it
// is under way, and an environment is named: comparisons on its sides.
ExitCode with_jobs(const Arguments& arguments, const std::function<Result<void>(const engine::RunRecord& run)>& of_run,
                   const std::function<Result<int>(const std::string& id)>& of_comparisons);

// What the verbs hold and continue share.
ExitCode hold_or_continue(const Arguments& arguments, bool hold);

// What the verbs resume and rollback share: an earlier run is acted on, and its ending is printed.

// `back`: it is rolled back; else it is resumed in the direction that it had.
ExitCode run_again(const Arguments& arguments, bool back);

}  // namespace pgcleave::cli
