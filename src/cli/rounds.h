// Rounds of a rehearsal, side by side, on standard output.
#pragma once

#include <vector>

#include "readiness/rehearsals.h"

namespace pgcleave::cli {

Json json_of(const std::vector<readiness::Round>& rounds);
// A line a round; then median, smallest and largest; then the steps that took longest.
void print(const std::vector<readiness::Round>& rounds);

}  // namespace pgcleave::cli
