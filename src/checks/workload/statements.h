// Which statements of the clients use both parts of the split. Asks nobody.
#pragma once

#include "checks/finding.h"
#include "checks/seen_statements.h"
#include "checks/table_references.h"

namespace pgcleave::checks {

Findings judge_statements(const SeenStatements& seen, TableReferences& references, const std::string& side);

}  // namespace pgcleave::checks
