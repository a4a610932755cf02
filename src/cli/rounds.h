// Rounds of a rehearsal, side by side.
#pragma once

#include <vector>

#include "engine/rehearsals.h"

namespace pgcleave::cli {

Result<std::vector<engine::Round>> rounds_of(const journal::Journal& journal, const std::string& rehearsal);  // "last": the newest
Json json_of(const std::vector<engine::Round>& rounds);
void print(const std::vector<engine::Round>& rounds);  // a line a round; then median, smallest and largest; then the steps

}  // namespace pgcleave::cli
