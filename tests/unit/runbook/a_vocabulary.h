// A small vocabulary like the real one, and texts of problems, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "runbook/problem.h"
#include "runbook/vocabulary.h"

namespace pgcleave::runbook {

Vocabulary a_vocabulary();

// "file:line:col: what\n  hint" of each problem.
std::vector<std::string> texts(const std::vector<Problem>& problems);

using Texts = std::vector<std::string>;

}  // namespace pgcleave::runbook
