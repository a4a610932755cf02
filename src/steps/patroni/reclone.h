// When a promoted cluster can't be rewound, and cloning it anew by the operator's program: Patroni's REST interface
// can't re-clone the leader of a standby cluster (3.0.2; `reinitialize` is for replicas).
#pragma once

#include <optional>

#include "steps/step.h"

namespace pgcleave::steps {

// What is missing for pg_rewind, as a refusal that says what to do next; no value: nothing is. pg_rewind goes back to
// the last checkpoint before the divergence: it reads the cluster's own WAL from there, and the rewound standby then
// replays the other side's. `common_checkpoint`: "" when none is known, then nothing can be said.
Result<std::optional<Error>> missing_for_rewind(Context& context, Side& cluster, const std::string& common_checkpoint);

// The operator's program, if the environment file names one and the step allows it; else empty.
const std::vector<std::string>& reclone_program(Context& context, Side& cluster);
std::string shown(const std::vector<std::string>& program);  // as one would type it

// Runs it. Its output is in the error.
Result<void> reclone(Context& context, Side& cluster);

// How far a copy is that is being made from `upstream`: "source main sends a base backup: 3 MiB of 70 MiB (4 %)". No
// value: none is.
Result<std::optional<std::string>> copy_under_way(Context& context, Side& upstream);

}  // namespace pgcleave::steps
