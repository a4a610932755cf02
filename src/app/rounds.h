// Rounds of a rehearsal, as a journal holds them.
#pragma once

#include <string>
#include <vector>

#include "readiness/rehearsals.h"

namespace pgcleave::app {

// By the rehearsal's id, or its unambiguous end; "last": the newest. `invalid` when there is none.
Result<std::vector<readiness::Round>> rounds_of(const journal::Journal& journal, const std::string& rehearsal);

}  // namespace pgcleave::app
