// The parts of a run's report.
#pragma once

#include <optional>

#include "report/readiness.h"
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

std::string phase_title(std::optional<runbook::PhaseKind> phase);  // "rollback: window"; "": not known
Hue hue_of(const StepTime& step);

// The parts of a readiness report.

Section change_section(const Readiness& readiness);    // what moves, and what each step changes
Section topology_section(const Readiness& readiness);  // before and after
Section findings_section(const Readiness& readiness);
Section compared_section(const Readiness& readiness);  // whether both sides hold the same rows
Section rehearsals_section(const Readiness& readiness);
Section forecast_section(const Readiness& readiness);
Section rollback_section(const Readiness& readiness);
Section schedule_section(const Readiness& readiness);  // how long each step is likely to take
Section watch_section(const Readiness& readiness);     // what would call for a rollback
Section signatures_section(const Readiness& readiness);
Section sources_section(const Readiness& readiness);  // the hashes by which all of this can be proven

Mark mark_of(checks::Severity severity);
bool has_step(const runbook::Runbook& runbook, const std::string& kind, bool rollback);
// Medians of the rehearsals, in ms.
double likely_ms(const Readiness& readiness, bool rollback);

}  // namespace pgcleave::report
