// Reading data that others wrote (events, answers, lock files): a key that is missing or of another type is empty,
// since it may be of another version, or damaged. nlohmann's own value() throws when a key holds another type.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "base/json.h"

namespace pgcleave {

inline std::string text_in(const Json& data, const char* key, const std::string& otherwise = "") {
  const auto found = data.find(key);
  return found != data.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

inline double number_in(const Json& data, const char* key, double otherwise = 0) {
  const auto found = data.find(key);
  return found != data.end() && found->is_number() ? found->get<double>() : otherwise;
}

// A number that fits; 1e300 and 2^63 don't.
inline std::int64_t whole_in(const Json& data, const char* key, std::int64_t otherwise = 0) {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_number()) return otherwise;
  if (found->is_number_integer()) {
    const bool fits = !found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX;
    return fits ? found->get<std::int64_t>() : otherwise;
  }
  const auto value = found->get<double>();
  return std::fabs(value) < 9e18 ? static_cast<std::int64_t>(value) : otherwise;
}

inline int small_in(const Json& data, const char* key, int otherwise = 0) {
  const auto value = whole_in(data, key, otherwise);
  return value >= INT32_MIN && value <= INT32_MAX ? static_cast<int>(value) : otherwise;
}

inline bool truth_in(const Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_boolean() && found->get<bool>();
}

inline Json list_in(const Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_array() ? *found : Json::array();
}

inline Json object_in(const Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_object() ? *found : Json::object();
}

}  // namespace pgcleave
