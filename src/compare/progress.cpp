#include "compare/progress.h"

#include <algorithm>

#include "base/fields.h"
#include "base/units.h"

namespace pgcleave::compare {

double Progress::rows_per_second() const {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds > 0 ? static_cast<double>(rows - rows_before) / seconds : 0;
}

std::optional<Duration> Progress::left() const {
  const double rate = rows_per_second();
  if (rate <= 0 || all_rows <= rows) return std::nullopt;
  return Duration(static_cast<std::int64_t>(static_cast<double>(all_rows - rows) / rate * 1e6));
}

Json Progress::json() const {
  return {{"tables", tables},
          {"tables_done", tables_done},
          {"all_rows", all_rows},
          {"rows_before", rows_before},
          {"ms", milliseconds(time)}};
}

Progress progress_in(const Json& json) {
  Progress progress;
  progress.tables = static_cast<std::size_t>(std::max<std::int64_t>(0, whole_in(json, "tables")));
  progress.tables_done = static_cast<std::size_t>(std::max<std::int64_t>(0, whole_in(json, "tables_done")));
  progress.all_rows = whole_in(json, "all_rows");
  progress.rows_before = whole_in(json, "rows_before");
  progress.time = Duration(static_cast<std::int64_t>(std::clamp(number_in(json, "ms"), 0.0, 1e12) * 1000));
  return progress;
}

}  // namespace pgcleave::compare
