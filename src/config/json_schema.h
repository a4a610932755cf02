// JSON Schema (2020-12) of the files that people write beside runbooks, for editors and validators. Derived by hand
// from the readers of this folder; tests hold both against each other. What a schema can't say (a file that is there,
// names that differ, a password in the wrong place) is found by the readers alone.
#pragma once

#include "base/json.h"

namespace pgcleave::config {

Json environment_schema();
Json split_schema();

// Pieces of these and of the runbook's.
inline constexpr const char* word_pattern = "^[a-z][a-z0-9_]{0,62}$";
// An object without other keys than `properties`.
Json closed_object(Json properties, Json required);
// Text is taken as written, so that also 15 and true are text here.
Json plain_text();

}  // namespace pgcleave::config
