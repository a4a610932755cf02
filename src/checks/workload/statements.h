// Which statements of the clients use both parts of the split. Asks nobody.
#pragma once

#include "checks/finding.h"
#include "checks/reach.h"
#include "checks/seen_statements.h"

namespace pgcleave::checks {

Findings judge_statements(const SeenStatements& seen, Reach& reach, const std::string& side);

}  // namespace pgcleave::checks
