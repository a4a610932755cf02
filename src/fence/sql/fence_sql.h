// The text of what is installed for a split. Names are built here and nowhere else.
#pragma once

#include <string>

#include "fence/ownership.h"

namespace pgcleave::fence {

// pgcleave."owner_ci" for ("owner", "ci").
std::string fence_object(const std::string& kind, const std::string& split);
std::string fence_trigger_name(const std::string& split);
std::string kept_fence_function(const std::string& split);  // pgcleave."fence_kept_ci"()
std::string probe_trigger(const std::string& split);        // not quoted

std::string fence_function_body(const Fence& fence);
std::string pass_function_body(const std::string& split);

// Held while the split's objects or its owner change.
std::string split_lock_sql(const std::string& split);

}  // namespace pgcleave::fence
