// A split leaves a stale half on each side: the moved tables on the source, the kept ones on the target.
#pragma once

#include <string>
#include <vector>

#include "steps/step.h"

namespace pgcleave::steps {

// Parameters `on` and `which` of the kinds that are about a stale half.
std::vector<runbook::Parameter> stale_half_parameters();

// Its tables with all partitions that this side has now. `invalid` for a half that is in use.
Result<std::vector<postgres::Table>> stale_tables(Context& context);

// Empty when the target owns the moved tables and the source does not, which is what makes the halves stale. Else what both say.
Result<std::string> not_split(World& world, Deadline deadline);

}  // namespace pgcleave::steps
