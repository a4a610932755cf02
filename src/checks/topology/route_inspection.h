// Looks at what topology_routes.h judges, pool by pool.
#pragma once

#include "checks/cluster_seen.h"
#include "checks/topology/routes.h"
#include "pgbouncer/inspection.h"

namespace pgcleave::checks {

// `here` serves now, `there` is where the bouncers would be sent.
std::vector<RouteSeen> inspect_routes(CheckContext& context, const ClusterSeen& here, const ClusterSeen& there,
                                      const std::vector<pgbouncer::Inspection>& bouncers);

}  // namespace pgcleave::checks
