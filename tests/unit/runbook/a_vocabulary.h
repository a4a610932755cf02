// A small vocabulary like the real one, and texts of problems, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "config/problems.h"
#include "runbook/vocabulary.h"

namespace pgcleave::runbook {
using namespace config;

Vocabulary a_vocabulary();

// "file:line:col: what\n  hint" of each problem.
std::vector<std::string> texts(const std::vector<config::Problem>& problems);

using Texts = std::vector<std::string>;

}  // namespace pgcleave::runbook
