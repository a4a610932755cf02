// Collects what is wrong with one file. Bounded, so that a hostile file costs neither time nor a screen of a million
// lines.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "config/problem.h"

namespace pgcleave::config {

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
