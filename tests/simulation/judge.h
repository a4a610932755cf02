// What must be true when all is over, whatever happened. Asks the model, never the program.
#pragma once

#include <string>
#include <vector>

#include "model/universe.h"

namespace pgcleave::simulation {

// `outcome`: of the run, as its record tells: done, undone, rolled_back, rollback_undone. `rollback_path`: the runbook
// keeps one.
std::vector<std::string> judge(const std::string& outcome, bool rollback_path);
// The same where a person has to act before the run can be over: one side serves, and nothing is lost but what a
// failover may lose.
std::vector<std::string> judge_who_serves(bool rollback_path);

// All that is not clients' rows, to be compared.
std::string fingerprint();

}  // namespace pgcleave::simulation
