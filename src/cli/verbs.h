// All verbs, in the order in which help, completions and manual pages list them.
#pragma once

#include <vector>

#include "cli/verb.h"

namespace pgcleave::cli {

const std::vector<Verb>& verbs();

// "" where nobody wrote one; a test sees that every verb that people type has one. Commands, a line each.
std::vector<std::string> examples_of(const std::string& verb);

}  // namespace pgcleave::cli
