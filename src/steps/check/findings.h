// What a check found wrong: everything at once, each with its object.
#pragma once

#include <string>
#include <vector>

#include "base/format.h"
#include "base/lines.h"
#include "base/result.h"

namespace pgcleave::steps {

class Findings {
 public:
  void add(const std::string& object, const std::string& what) { found_.push_back(object + ": " + what); }
  void add(const Error& error) { found_.push_back(one_line(error.text())); }
  [[nodiscard]] bool empty() const { return found_.empty(); }
  [[nodiscard]] const std::vector<std::string>& list() const { return found_; }
  [[nodiscard]] std::string text() const { return fmt::format("{}", fmt::join(found_, "; ")); }

 private:
  std::vector<std::string> found_;
};

}  // namespace pgcleave::steps
