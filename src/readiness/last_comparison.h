// What both sides' rows were found to be when they were compared last: the newest compare.done of a split in the
// journal, by `pgcleave compare` or by a step. Asks no server.
#pragma once

#include <optional>
#include <string>

#include "journal/journal.h"
#include "world/comparisons.h"

namespace pgcleave::readiness {

using world::LastComparison;

// None: it holds none of this split in this environment.
Result<std::optional<LastComparison>> last_comparison(const journal::Journal& journal, const std::string& split,
                                                      const std::string& environment);
// A journal that does not exist yet holds none.
Result<std::optional<LastComparison>> last_comparison(const std::string& journal, const std::string& split,
                                                      const std::string& environment);

}  // namespace pgcleave::readiness
