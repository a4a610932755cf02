// Collects what is wrong with one file. Bounded, so that a hostile file costs neither time nor a screen of a million
// lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace pgcleave::config {

// What is wrong with a file, with its position. Reading a file reports all that it finds, not the first thing only.

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

// A position inside the file that is being read.
struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

class Problems {
 public:
  static constexpr std::size_t limit = 200;

  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Place at, std::string what, std::string hint = "");
  // The error of a parser as a problem: what was expected goes into the hint.
  void add(Place at, const Error& error);
  [[nodiscard]] bool empty() const { return found_.empty(); }
  [[nodiscard]] bool full() const { return found_.size() > limit; }
  [[nodiscard]] Position position(Place at) const { return {file_, at.line, at.column}; }
  [[nodiscard]] std::vector<Problem> sorted() const;

 private:
  std::string file_;
  std::vector<Problem> found_;
};

// "did you mean 'budget'?", or the list of what there is when nothing is close and the list is short; "" without
// candidates.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

// A word from the file as it is put into a message: cut when it is long.
std::string shown(const std::string& word);

}  // namespace pgcleave::config
