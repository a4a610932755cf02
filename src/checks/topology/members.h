// What each member of a cluster shows by itself, and Patroni's list does not: does it follow, and will it after the
// next promotion? Asks nobody.
#pragma once

#include "checks/cluster_seen.h"
#include "checks/finding.h"

namespace pgcleave::checks {

Findings judge_members(const ClusterSeen& cluster, Stage stage);

}  // namespace pgcleave::checks
