// The run that a command means: the one that it names, or else the one that holds the split (engine/split_runs.h).
#pragma once

#include <string>
#include <vector>

#include "app/files.h"
#include "engine/split_runs.h"
#include "journal/journal.h"

namespace pgcleave::app {

// How a command names a run. `id` may be empty; the environment file then narrows down which split is meant.
struct RunNamed {
  std::string id;
  FilesNamed files;
};

// Runs of the journal, newest first.
Result<std::vector<engine::RunRecord>> all_runs(const journal::Journal& journal);
// The run with that id (or its unambiguous end), or the newest when it is empty.
Result<engine::RunRecord> find_run(const journal::Journal& journal, const std::string& id);

// A journal's runs, and whose they are.
struct JournalRuns {
  std::vector<engine::RunRecord> newest_first;
  std::vector<engine::SplitRuns>
      splits;  // of the environment that the command names, if it names one; lead into the list

  [[nodiscard]] const engine::SplitRuns* split_of(const std::string& run) const;
};

// `invalid` where the journal holds no run.
Result<JournalRuns> journal_runs(const journal::Journal& journal, const RunNamed& named);

// By its id, else by the split. Errors as of find_run() and engine::run_meant().
Result<engine::RunRecord> meant_run(const journal::Journal& journal, const JournalRuns& runs, const RunNamed& named,
                                    engine::Intent intent);

// For verbs that only read: the run that is named, or else the one that `status` shows.
Result<engine::RunRecord> inspected_run(const journal::Journal& journal, const RunNamed& named);

// Of a run that is over there is nothing to resume or to roll back: says so, and names the run that holds the split.
// `not_ready` when it ended undone and is to be resumed, or when a rollback was asked for and another run holds it.
Result<std::string> is_over(const engine::RunRecord& run, const JournalRuns& runs, engine::Intent intent,
                            const std::string& rest);

}  // namespace pgcleave::app
