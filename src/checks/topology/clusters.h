// What must be right of each cluster by itself: members, leader, and what Patroni is told to do. Asks nobody.
#pragma once

#include "checks/check_context.h"
#include "checks/cluster_seen.h"
#include "checks/finding.h"

namespace pgcleave::checks {

// `now_s`: seconds since 1970, to compare with when members last reached their DCS.
Findings judge_cluster(const ClusterSeen& cluster, const std::string& other_scope, Stage stage, std::int64_t now_s);

}  // namespace pgcleave::checks
