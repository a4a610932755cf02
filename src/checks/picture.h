// What was found at one time, to tell what is new at a later one: a rollback that leaves something behind shows there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "checks/finding.h"

namespace pgcleave::checks {

std::string title_of(const Finding& finding);  // "fence.moved_table_unfenced (table ci.builds on target ci)"

class Picture {
 public:
  Picture() = default;
  explicit Picture(const Findings& found);

  // Titles of what is new in `now`: blockers, or warnings too. What the load alone changes is left out.
  [[nodiscard]] std::vector<std::string> new_in(const Findings& now, Severity least) const;

 private:
  std::set<std::string> known_;
};

}  // namespace pgcleave::checks
