// One path again, by the words that a report gives: "promote-standby forward resume 17:crash_before 43:lost_reply".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trial.h"

namespace pgcleave::simulation {

const std::vector<Scenario>& scenarios();

// What is wrong with this path, in one line; "" when nothing is. No value: the words name no path.
std::optional<std::string> replay_path(const std::string& words);

// The shortest report of what a line of explore() tells: faults are left out one by one as long as it still fails.
std::string shortened(const std::string& report);

}  // namespace pgcleave::simulation
