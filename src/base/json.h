// The only file that includes nlohmann-json. Json keeps the order of keys: facts and reports read in the order of writing.
#pragma once

#include <nlohmann/json.hpp>

namespace pgcleave {

using Json = nlohmann::ordered_json;

}  // namespace pgcleave
