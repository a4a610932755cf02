// What must be right between the two clusters: who follows whom, by which slot, with which versions and names. Asks
// nobody.
#pragma once

#include "checks/check_context.h"
#include "checks/cluster_seen.h"
#include "checks/finding.h"

namespace pgcleave::checks {

struct ChainSeen {
  const ClusterSeen& source;
  const ClusterSeen& target;
  pgbouncer::Route source_route;
  std::string split;
};

Findings judge_chain(const ChainSeen& seen, Stage stage);

}  // namespace pgcleave::checks
