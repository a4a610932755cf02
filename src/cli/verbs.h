// All verbs, in the order in which help, completions and manual pages list them.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace pgcleave::cli {

const std::vector<Verb>& verbs();

// Commands as they are typed, a line each; every verb that people type has one.
std::vector<std::string> examples_of(const std::string& verb);

}  // namespace pgcleave::cli
