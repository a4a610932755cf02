// The files that a command names, read: each gives its value, or all that is wrong with it. A file that can't be read
// has that as its only problem. Nothing is said here; whoever asks says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/problems.h"
#include "config/split.h"
#include "runbook/runbook.h"

namespace pgcleave::app {

// Paths as they were given; "": none was.
struct FilesNamed {
  std::string environment;
  std::string split;
  std::string journal;

  // What a command about a run needs besides its id to find it again: " -e lab.yml", and " --journal ..." if that was
  // given. `environment_file` may be another than the one that was given: the one that the run began with.
  [[nodiscard]] std::string again(const std::string& environment_file) const;
};

config::Read<runbook::Runbook> read_runbook_file(const std::string& path);
config::Read<config::Environment> read_environment_file(const std::string& path);
config::Read<config::Split> read_split_file(const std::string& path);
// The split file that is named, or else the environment's. A problem when neither names one.
config::Read<config::Split> read_split_for(const FilesNamed& files, const config::Environment& environment);
// `given`: "name=value".
config::Read<Json> read_params(const runbook::Runbook& runbook, const std::vector<std::string>& given);

// The journal that is named, the environment's, $PGCLEAVE_JOURNAL, $XDG_STATE_HOME/pgcleave/journal.db,
// ~/.local/state/pgcleave/journal.db. `environment` may be null.
std::string journal_path(const FilesNamed& files, const config::Environment* environment);
// For commands that need no environment: the environment file only tells where the journal is.
config::Read<std::string> journal_path(const FilesNamed& files);

// An error as a problem of the file that is its object, and problems as errors: they read alike.
config::Problem problem_of(const Error& error);
std::vector<Error> errors_of(const std::vector<config::Problem>& problems);
// For functions that can return one error of several: the others are said on standard error before it. `errors` must
// not be empty.
Error last_of(std::vector<Error> errors);

// On standard error, for those who go on without the file.
void say(const std::vector<config::Problem>& problems);
// The same of a file's: the environment, or nothing, and its problems on standard error.
std::optional<config::Environment> told_environment(const std::string& path);

}  // namespace pgcleave::app
