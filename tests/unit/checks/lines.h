// Findings as tests compare them.
#pragma once

#include <string>
#include <vector>

#include "checks/finding.h"

namespace pgcleave::checks {

using Lines = std::vector<std::string>;

// "blocker schema.view_crosses view x on source main"
inline Lines lines(const Findings& findings) {
  Lines out;
  for (const auto& one : findings) out.push_back(std::string(name_of(one.severity)) + " " + one.id + " " + one.object);
  return out;
}

}  // namespace pgcleave::checks
