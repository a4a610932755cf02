// The only file that includes nlohmann-json. Json keeps the order of keys: outputs and reports read in the order of
// writing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

// Compiled once, in json.cpp, instead of in each file that uses it.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace pgcleave {

using Json = nlohmann::ordered_json;

// As text: in one line, or indented. Bytes that are not UTF-8, which servers may send, are replaced; dump() alone would
// throw.
inline std::string to_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pgcleave
