// Reading an event's data: a key that is missing or of another type is empty, since a journal may be of another version.
#pragma once

#include <string>

#include "base/json.h"

namespace pgcleave::report {

inline std::string text_in(const Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline double number_in(const Json& data, const char* key, double otherwise = 0) {
  const auto found = data.find(key);
  return found != data.end() && found->is_number() ? found->get<double>() : otherwise;
}

inline std::int64_t whole_in(const Json& data, const char* key) {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_number()) return 0;
  return found->is_number_integer() ? found->get<std::int64_t>() : static_cast<std::int64_t>(found->get<double>());
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

}  // namespace pgcleave::report
