// What `pgcleave status` says of the way back while the target serves: asked of the servers, since the journal can't know it.
#pragma once

#include <optional>

#include "cli/verb.h"
#include "engine/record.h"

namespace pgcleave::cli {

// No value: the target does not serve by this run, or its runbook has no way back by replication. Else
// {"lossless": true|false, "lag_bytes", "held_bytes", "apply_errors", "worker", "losses": [...]}, or {"error": "..."}.
std::optional<Json> way_back_of(const engine::RunRecord& run, const Arguments& arguments);
void print_way_back(const Json& way_back);

}  // namespace pgcleave::cli
