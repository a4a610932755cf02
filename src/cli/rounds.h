// Rounds of a rehearsal, side by side.
#pragma once

#include <vector>

#include "readiness/rehearsals.h"

namespace pgcleave::cli {

Result<std::vector<readiness::Round>> rounds_of(const journal::Journal& journal,
                                                const std::string& rehearsal);  // "last": the newest
Json json_of(const std::vector<readiness::Round>& rounds);
void print(
    const std::vector<readiness::Round>& rounds);  // a line a round; then median, smallest and largest; then the steps

}  // namespace pgcleave::cli
