// Slots that somebody else needs: what Patroni would do to them, and what a split does to their readers. Asks nobody.
#pragma once

#include "checks/check_context.h"
#include "checks/cluster_seen.h"
#include "checks/finding.h"

namespace pgcleave::checks {

// `split`: slots that begin with pgcleave_<split>_ are a run's own.
Findings judge_slots(const ClusterSeen& cluster, const std::string& split, Stage stage);

}  // namespace pgcleave::checks
