// Which run of a journal a command means that names none: the one that holds the split, whatever was begun after it.
// Asks nobody: all of it is a function of the journal's runs. Who serves is another question, which the databases
// answer.
#pragma once

#include <string>
#include <vector>

#include "engine/record.h"

namespace pgcleave::engine {

// The runs of one split in one environment. Pointers lead into the list that was given.
struct SplitRuns {
  std::string split;
  std::string environment;
  // The run that split it last, as long as it was neither rolled back nor made irreversible by a later one. Null: none.
  const RunRecord* split_by = nullptr;
  // The run that split it last, whatever came of it.
  const RunRecord* last_split_by = nullptr;
  // The later run that ended the rollback path of that one for ever, such as a cleanup.
  const RunRecord* ended_by = nullptr;
  // Those that have to be resumed or rolled back before another one may begin; newest first. `split_by` may be one of
  // them.
  std::vector<const RunRecord*> unfinished;
  std::vector<const RunRecord*> all;  // newest first
};

// `newest_first`: all runs of a journal, which must outlive the result. The split with the newest run comes first.
std::vector<SplitRuns> runs_by_split(const std::vector<RunRecord>& newest_first);

// What a command without a run's id may say nevertheless. "" = it does not.
struct SplitWanted {
  std::string environment;  // its name
  std::string split;        // the name in the environment's split file
};

// Those that fit. An environment or a split that the journal does not know narrows nothing down: a command that acts
// compares them with what the run began with, and says what differs.
std::vector<SplitRuns> narrowed(std::vector<SplitRuns> splits, const SplitWanted& wanted);

enum class Intent { resume, rollback, inspect };

// `rest`: what commands that are proposed need besides a run's id. Errors: `held` where another run of the split has to
// be finished before this one is rolled back; `invalid` where several splits fit; both name the runs and the commands.
// A run that is over is no error: then there is nothing to do, or only to inspect. `splits` must not be empty.
Result<const RunRecord*> run_meant(const std::vector<SplitRuns>& splits, Intent intent, const std::string& rest);

}  // namespace pgcleave::engine
