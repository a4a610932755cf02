#include "data/progress.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::data {

std::string about(Duration time) {
  const double seconds = static_cast<double>(time.count()) / 1e6;
  if (seconds < 120) return fmt::format("{:.0f}s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{:.1f}h", seconds / 3600);
  return fmt::format("{:.1f}d", seconds / 86400);
}

std::string in_words(const Progress& progress) {
  auto text = fmt::format("{}: {} rows changed", progress.table, progress.changed);
  if (progress.skipped > 0) text += fmt::format(", {} left out", progress.skipped);
  if (progress.seconds > 0)
    text += fmt::format(", {:.0f} rows/s", static_cast<double>(progress.changed_since) / progress.seconds);
  if (progress.over) return text;
  const auto walked = static_cast<double>(progress.walked), all = static_cast<double>(progress.all);
  if (progress.all > 0)
    text += fmt::format(", {:.1f} % of pass {}", std::min(100.0, 100 * walked / all), progress.pass);
  if (progress.walked_since > 0 && progress.seconds > 0 && walked < all) {
    const double left = (all - walked) * progress.seconds / static_cast<double>(progress.walked_since);
    text += fmt::format(", {} left", about(std::chrono::seconds(static_cast<std::int64_t>(left))));
  }
  if (!progress.slowed.empty()) text += ", slowed: " + progress.slowed;
  return text;
}

}  // namespace pgcleave::data
