// What `pgcleave status` says of a rollback while the target is a primary: asked of the servers, since the journal
// can't know it.
#pragma once

#include <optional>

#include "cli/verb.h"
#include "engine/record.h"

namespace pgcleave::cli {

// No value: this run has promoted nothing, or went back. Else {"lossless": true|false|null (can't be told), "given_up",
// "rows", "tables", "uncounted", "writes_text"}, with reverse replication also {"lag_bytes", "held_bytes",
// "apply_errors", "worker", "losses": [...], "text"}; or {"error": "..."}.
std::optional<Json> rollback_path_of(const engine::RunRecord& run, const Arguments& arguments);
void print_rollback_path(const Json& rollback_path);
// The same on standard error, if a rollback would lose something, or that can't be told.
void warn_of_losses(const std::optional<Json>& rollback_path);

}  // namespace pgcleave::cli
