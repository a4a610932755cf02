// Everything that an acting command needs, opened in the order in which it can fail without harm.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/files.h"
#include "engine/run.h"
#include "journal/journal.h"

namespace pgcleave::cli {

// Ctrl-C, SIGTERM and SIGHUP set this flag from the moment of the first call.
StopFlag& stop_flag();

engine::Talk talk(const Arguments& arguments, const std::string& environment);

// What a command about a run needs besides its id to find it again: " -e lab.yml", and " --journal ..." if that was given.
std::string again(const Arguments& arguments, const std::string& environment);

// `run`: a new run. Returns its exit code after printing the ending.
ExitCode run_new(const Arguments& arguments);

// `resume` and `rollback`: an earlier one. `direction`: "" = the one that it had, "rollback" = back.
ExitCode run_again(const Arguments& arguments, const std::string& direction);

// Runs of the journal, newest first.
Result<std::vector<engine::RunRecord>> all_runs(const journal::Journal& journal);
// The run with that id (or its unambiguous end), or the newest when it is empty.
Result<engine::RunRecord> find_run(const journal::Journal& journal, const std::string& id);

std::string operator_name();  // user@host

}  // namespace pgcleave::cli
