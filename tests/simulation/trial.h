// One path: a runbook is gone through in a direction, with faults, and resumed until it is over.
#pragma once

#include <string>

#include "model/bouncer.h"

namespace pgcleave::simulation {

struct Scenario {
  std::string runbook;
  bool back = false;               // faults begin with the rollback; before it the run went through without any
  bool rollback_path = true;       // the runbook's rollback keeps all writes
  int pgbouncer = oldest_version;  // its bouncers are 1.N
  int faults = 2;                  // at most, on one path
};

// As reports and --scenario name it: "promote-standby back", or "logical-switchover@1.24 back" by its bouncers'
// version.
std::string name_of(const Scenario& scenario);

// "" when all is as it must be; else one line that tells the path and what is wrong. `then_back`: how it is resumed,
// when nothing is explored.
std::string path(const Scenario& scenario, bool then_back);

}  // namespace pgcleave::simulation
