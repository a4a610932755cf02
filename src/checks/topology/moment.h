// What must be right at the moment at which a run stands: where the split is, where clients are sent now, and what an
// earlier run left. Asks nobody.
#pragma once

#include "checks/cluster_seen.h"
#include "checks/finding.h"

namespace pgcleave::checks {

struct MomentSeen {
  const ClusterSeen& source;
  const ClusterSeen& target;
  std::string split;
  std::optional<Expected> expected;  // no value: nobody said
};

Findings judge_moment(const MomentSeen& seen, Stage stage);

}  // namespace pgcleave::checks
