// What the conformance test sees of a step: what it was told to do, and words without what changes from time to time.
#pragma once

#include <catch2/catch.hpp>
#include <regex>
#include <string>
#include <vector>

#include "config/problems.h"
#include "world/world.h"

namespace pgcleave::steps {

template <class T>
T good(config::Read<T> read) {
  for (const auto& problem : read.problems) FAIL(problem.text());
  return std::move(*read.value);
}

template <class T>
T good(Result<T> result) {
  if (!result) FAIL(result.error().text());
  return std::move(*result);
}

// Acts, and remembers what it was told.
class WitnessDoor : public world::Effects {
 public:
  using world::Effects::perform;
  Result<Json> perform(const std::string& description, const Action& action, world::Traffic) override {
    descriptions.push_back(description);
    return action();
  }
  std::vector<std::string> descriptions;
};

// Numbers and positions change from look to look; what is said about them does not.
inline std::string shape(const std::string& text) {
  static const std::regex varying(
      R"(\b[0-9A-F]+/[0-9A-F]+\b|[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?( ?(us|ms|s|B|KiB|MiB|GiB)\b)?)");
  return std::regex_replace(std::regex_replace(text, varying, "#"), std::regex("# (blocker|warning|note)s\\b"), "# $1");
}

}  // namespace pgcleave::steps
