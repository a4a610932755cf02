#pragma once
#include "lab.h"

namespace pgcleave_lab {

// What an operator's program does to have a cluster copied anew: stops its Patroni members and their PostgreSQL,
// empties their data folders, removes the cluster's `initialize` and `leader` keys from etcd - not its configuration -
// and starts Patroni again.
int reclone(Lab& lab, const std::string& scope);

}  // namespace pgcleave_lab
