// What those share who judge for one family: where findings are kept, and the family's name before each id.
#pragma once

#include <string>
#include <utility>

#include "checks/finding.h"

namespace pgcleave::checks {

class Judging {
 protected:
  explicit Judging(const char* family) : family_(family) {}
  ~Judging() = default;

  void add(const char* id, Severity severity, std::string object, std::string evidence, std::string query,
           std::string why, std::string fix) {
    found_.push_back({std::string(family_) + "." + id, severity, std::move(object), std::move(evidence),
                      std::move(query), std::move(why), std::move(fix)});
  }

  Findings found_;

 private:
  const char* family_;
};

}  // namespace pgcleave::checks
