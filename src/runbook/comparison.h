// Two resolved values against each other, for `when`.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace pgcleave::runbook {

// `sign` is one of == != < <= > >=.
Result<bool> compare(const Json& left, const std::string& sign, const Json& right);

}  // namespace pgcleave::runbook
