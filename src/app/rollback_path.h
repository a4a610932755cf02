// What `pgcleave status` says of a rollback while the target is a primary: asked of the servers, since the journal
// can't know it.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "engine/record.h"

namespace pgcleave::app {

// `environment_file`: "" takes the one that the run began with. No value: this run has promoted nothing, or went back.
// Else {"lossless": true|false|null (can't be told), "given_up", "rows", "tables", "uncounted", "writes_text"}, with
// reverse replication also {"lag_bytes", "held_bytes", "apply_errors", "worker", "losses": [...], "text", "failover":
// {"survives": true|false|null, "text", "members": [{"member", "problem"}]}}; or {"error": "..."}.
std::optional<Json> rollback_path_of(const engine::RunRecord& run, const std::string& environment_file);

}  // namespace pgcleave::app
