// What is wrong, on standard error, and the exit code that fits.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/verb.h"
#include "config/problems.h"

namespace pgcleave::cli {

// By the error's kind.
ExitCode complain(const Error& error);
// Of files; `done` when there is none.
ExitCode complain(const std::vector<config::Problem>& problems);

// What a command line that can't be read was meant to say.

// "there is no verb rolback: did you mean rollback?". "" when neither the verb nor an option is unknown.
std::string did_you_mean(const std::vector<Verb>& verbs, const std::vector<std::string>& words);

}  // namespace pgcleave::cli
