// What crosses the line between moved and kept tables: after the split it breaks, or reads and writes the stale half.
// Judging asks nobody.
#pragma once

#include "checks/finding.h"
#include "checks/table_references.h"
#include "postgres/sequence_uses.h"

namespace pgcleave::checks {

struct CrossingSeen {
  std::string side;  // "source main"
  std::vector<Dependency> dependencies;
  std::vector<Program> programs;
  std::vector<Trigger> triggers;
  std::vector<postgres::SequenceUse> sequences;
};

Result<CrossingSeen> inspect_crossing(postgres::Connection& session, const std::string& side, Deadline deadline);
Findings judge_crossing(const CrossingSeen& seen, TableReferences& references);

}  // namespace pgcleave::checks
