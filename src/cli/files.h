// Reading the files that a command names, and saying what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "config/environment.h"
#include "config/split.h"
#include "runbook/runbook.h"

namespace pgcleave::cli {

// Each prints its problems on standard error and gives nothing when there are any.
std::optional<runbook::Runbook> read_runbook_file(const std::string& path);
std::optional<config::Environment> read_environment_file(const std::string& path);
std::optional<config::Split> read_split_file(const std::string& path);
// --split, or else the environment's; complains when neither names one.
std::optional<config::Split> read_split_for(const Arguments& arguments, const config::Environment& environment);
std::optional<Json> read_params(const runbook::Runbook& runbook, const std::vector<std::string>& given);

// --journal, the environment's, $PGCLEAVE_JOURNAL, $XDG_STATE_HOME/pgcleave/journal.db,
// ~/.local/state/pgcleave/journal.db.
std::string journal_path(const Arguments& arguments, const config::Environment* environment);
// For commands that need no environment: -e only tells where the journal is.
std::optional<std::string> journal_path(const Arguments& arguments);

// The error on standard error; the exit code that fits its kind.
ExitCode complain(const Error& error);
void complain(const std::vector<config::Problem>& problems);

}  // namespace pgcleave::cli
