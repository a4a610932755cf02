// JSON Schema (2020-12) of the files that people write beside runbooks, for editors and validators. Derived by hand
// from the readers of this folder; tests hold both against each other. What a schema can't say (a file that is there,
// names that differ, a password in the wrong place) is found by the readers alone.
#pragma once

#include "base/json.h"

namespace pgcleave::config {

Json environment_schema();
Json split_schema();

// An object without other keys than `properties`.
Json closed_object(Json properties, Json required);

}  // namespace pgcleave::config
