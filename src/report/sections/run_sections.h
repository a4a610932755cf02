// The parts of a run's report.
#pragma once

#include <optional>

#include "report/report.h"

namespace pgcleave::report {

// What clients waited for, step by step.
Section window_section(const WindowStory& window, const RunStory& story);
// What the prober saw around the windows. No value: no window was watched.
std::optional<Section> clients_section(const RunStory& story);
// All steps, forth and back.
Section timeline_section(const RunStory& story);
std::optional<Section> lag_section(const RunStory& story, const std::vector<journal::Sample>& samples);
// What was changed in batches. No value: nothing was.
std::optional<Section> jobs_section(const RunStory& story);
Json jobs_data(const RunStory& story);  // the same for programs
Section decisions_section(const RunStory& story);
Section mishaps_section(const RunStory& story);
Section evidence_section(const RunStory& story, const Chain& chain);

std::string phase_title(const std::string& phase);  // "rollback.window" -> "rollback: window"
Hue hue_of(const StepTime& step);

}  // namespace pgcleave::report
