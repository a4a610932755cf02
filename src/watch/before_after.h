// Two equal stretches of time side by side: before something, and after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/samples.h"

namespace pgcleave::watch {

struct Stats {
  std::size_t count = 0;
  double mean = 0;
  double median = 0;
};

struct Compared {
  std::string scope;
  std::string name;
  Stats before;
  Stats after;
  std::optional<double> change_percent;  // of the means; none where one side has no sample, or the mean before is 0
};

struct BeforeAfter {
  std::int64_t stretch_us = 0;  // of each side; 0: nothing to compare
  std::vector<Compared> rows;   // by scope and name
};

// From `before_until_us` back and from `after_from_us` on, each as long as both have samples, at most `longest_us`. The
// two differ where something lies between: a window is in neither stretch. Of samples of several runs, or of none, all
// count.
BeforeAfter before_after(const std::vector<journal::Sample>& samples, std::int64_t before_until_us,
                         std::int64_t after_from_us, std::int64_t longest_us);

}  // namespace pgcleave::watch
