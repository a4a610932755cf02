// What is wrong with a file, with its position. Reading a file reports all that it finds, not the first thing only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace pgcleave::config {

struct Position {
  std::string file;
  int line = 0;                            // from 1; 0: unknown
  int column = 0;                          // from 1, in bytes as compilers count
  [[nodiscard]] std::string text() const;  // "file:line:column"
};

struct Problem {
  Position at;
  std::string what;  // "unknown key 'bugdet'"
  std::string hint;  // "did you mean 'budget'?"; may be empty
  [[nodiscard]] std::string text() const;
  [[nodiscard]] Json json() const;
};

template <class T>
struct Read {
  std::optional<T> value;         // set exactly when there is no problem
  std::vector<Problem> problems;  // sorted by position
};

}  // namespace pgcleave::config
