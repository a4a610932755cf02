#include "watch/before_after.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace pgcleave::watch {
namespace {

Stats stats_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.size(), std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()),
          median};
}

// As long as both sides have samples.
std::int64_t common_stretch(const std::vector<journal::Sample>& samples, std::int64_t before_until_us,
                            std::int64_t after_from_us) {
  std::int64_t before = 0;
  std::int64_t after = 0;
  for (const auto& sample : samples) {
    before = std::max(before, before_until_us - sample.at_us);
    after = std::max(after, sample.at_us - after_from_us);
  }
  return std::min(before, after);
}

}  // namespace

BeforeAfter before_after(const std::vector<journal::Sample>& samples, std::int64_t before_until_us,
                         std::int64_t after_from_us, std::int64_t longest_us) {
  BeforeAfter out;
  out.stretch_us = std::min(common_stretch(samples, before_until_us, after_from_us), longest_us);
  if (out.stretch_us <= 0) {
    out.stretch_us = 0;
    return out;
  }
  struct Values {
    std::vector<double> before;
    std::vector<double> after;
  };
  std::map<std::pair<std::string, std::string>, Values> all;
  for (const auto& sample : samples) {
    const bool before = sample.at_us <= before_until_us && sample.at_us >= before_until_us - out.stretch_us;
    const bool after = sample.at_us >= after_from_us && sample.at_us <= after_from_us + out.stretch_us;
    if (!before && !after) continue;
    auto& values = all[{sample.scope, sample.name}];
    (before ? values.before : values.after).push_back(sample.value);
  }
  for (auto& [key, values] : all) {
    Compared row{key.first, key.second, stats_of(std::move(values.before)), stats_of(std::move(values.after)), {}};
    if (row.before.count > 0 && row.after.count > 0 && row.before.mean != 0)
      row.change_percent = (row.after.mean - row.before.mean) / row.before.mean * 100;
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace pgcleave::watch
