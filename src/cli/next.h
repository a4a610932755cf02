// The command to type next, as the last line for people.
#pragma once

#include <string>

#include "cli/verb.h"

namespace pgcleave::cli {

void say_next(const std::string& command);  // on standard error

// " -e environment.yml" and what else was given to find the same files again: --split, --journal, --set.
std::string same_files(const Arguments& arguments);
// The class of the environment that is named; a file that can't be read is taken for production's.
bool is_production(const Arguments& arguments);

// A word as a shell takes it.
std::string in_shell(const std::string& word);

}  // namespace pgcleave::cli
