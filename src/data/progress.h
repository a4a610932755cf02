// How far a job is, for people: cheap, without counting a table.
#pragma once

#include <cstdint>
#include <string>

#include "base/deadline.h"

namespace pgcleave::data {

struct Progress {
  std::string table;
  std::int64_t changed = 0;  // rows, in all
  std::int64_t skipped = 0;
  int pass = 1;
  std::int64_t walked = 0;  // units of this pass
  std::int64_t all = 0;     // that it has, about
  // Since this runner began the pass:
  double seconds = 0;
  std::int64_t changed_since = 0;
  std::int64_t walked_since = 0;
  std::string slowed;  // by what; empty: nothing
  bool over = false;
};

// "ci.jobs: 12000 rows changed, 3400 rows/s, 12.3 % of pass 1, 12m left, slowed: ...". What was waited for counts.
std::string in_words(const Progress& progress);

// "45s", "12m", "3.5h", "50.2d": as exactly as an estimate is.
std::string about(Duration time);

}  // namespace pgcleave::data
