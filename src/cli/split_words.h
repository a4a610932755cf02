// What people read of a split's state on standard output: who serves, who owns, and whether it can be rolled back.
#pragma once

#include <optional>

#include "base/json.h"

namespace pgcleave::cli {

// Of app/split_status.h, app/owners.h and app/rollback_path.h.
void print_split_status(const Json& status);
void print_owners(const Json& owners);
void print_rollback_path(const Json& rollback_path);
// The same on standard error, if a rollback would lose something, or that can't be told.
void warn_of_losses(const std::optional<Json>& rollback_path);

}  // namespace pgcleave::cli
