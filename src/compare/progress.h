// How far a comparison is: as its process tells it, and as it is kept beside it for who asks (kept.h, under_way.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/json.h"

namespace pgcleave::compare {

struct Progress {
  std::string table;
  std::size_t table_number = 0;  // from 1
  std::size_t tables = 0;
  std::size_t tables_done = 0;
  std::int64_t blocks = 0;
  std::int64_t rows = 0;
  std::int64_t all_rows = 0;  // about, by the planner's statistics
  Duration time{};
  std::int64_t different = 0;
  std::int64_t rows_before = 0;  // of these, rows that an earlier process had compared
  std::string slowed;            // by what; empty: nothing

  [[nodiscard]] double rows_per_second() const;        // of this process, with what was waited for
  [[nodiscard]] std::optional<Duration> left() const;  // by that; none: not known yet

  // What the columns of pgcleave.jobs do not hold: {"tables", "tables_done", "all_rows", "rows_before", "ms"}.
  [[nodiscard]] Json json() const;
};
// What is missing is 0.
Progress progress_in(const Json& json);

}  // namespace pgcleave::compare
