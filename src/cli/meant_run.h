// The run that a command means: the one that it names, or else the one that holds the split (engine/split_runs.h).
#pragma once

#include "cli/session.h"
#include "engine/split_runs.h"

namespace pgcleave::cli {

// A journal's runs, and whose they are.
struct JournalRuns {
  std::vector<engine::RunRecord> newest_first;
  std::vector<engine::SplitRuns>
      splits;  // of the environment that the command names, if it names one; lead into the list

  [[nodiscard]] const engine::SplitRuns* split_of(const std::string& run) const;
};

// `invalid` where the journal holds no run.
Result<JournalRuns> journal_runs(const journal::Journal& journal, const Arguments& arguments);

// By RUN, else by the split. Errors as of find_run() and engine::run_meant().
Result<engine::RunRecord> meant_run(const journal::Journal& journal, const JournalRuns& runs,
                                    const Arguments& arguments, engine::Intent intent);

// For verbs that only read, and whose RUN has a name of its own: `id`, or else the run that `status` shows.
Result<engine::RunRecord> inspected_run(const journal::Journal& journal, const Arguments& arguments,
                                        const std::string& id);

// For `resume` and `rollback` of a run that is over: says so, and names the run that holds the split. `not_ready` when
// a rollback was asked for and another run holds it.
ExitCode tell_over(const engine::RunRecord& run, const JournalRuns& runs, engine::Intent intent,
                   const std::string& rest);

}  // namespace pgcleave::cli
