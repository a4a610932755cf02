// What is wrong, on standard error, and the exit code that fits.
#pragma once

#include <vector>

#include "base/error.h"
#include "cli/verb.h"
#include "config/problem.h"

namespace pgcleave::cli {

// By the error's kind.
ExitCode complain(const Error& error);
// Of files; `done` when there is none.
ExitCode complain(const std::vector<config::Problem>& problems);

}  // namespace pgcleave::cli
