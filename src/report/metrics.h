// Pictures from the samples beside the journal. They decide nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/samples.h"
#include "report/document/document.h"
#include "report/run_story.h"

namespace pgcleave::report {

// A number with the unit that its name tells: "wal_bytes_per_s" -> "1.5 MiB/s".
std::string metric(const std::string& name, double value);

// Equal stretches before the pause and after it, as long as there are samples of both; a rollback ends the second. No
// value: nothing to compare.
std::optional<Section> before_after_section(const RunStory& story, const std::vector<journal::Sample>& samples);

// How far the standbys and links were behind while the run went on.
std::optional<Picture> lag_picture(const RunStory& story, const std::vector<journal::Sample>& samples);

// Whose samples those two may want: wall clock, from and to.
struct Stretch {
  std::int64_t from_us = 0;
  std::int64_t to_us = 0;
};
Stretch stretch_of(const RunStory& story);

}  // namespace pgcleave::report
