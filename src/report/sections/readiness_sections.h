// The parts of a readiness report.
#pragma once

#include "report/readiness.h"

namespace pgcleave::report {

Section change_section(const Readiness& readiness);    // what moves, and what each step changes
Section topology_section(const Readiness& readiness);  // before and after
Section findings_section(const Readiness& readiness);
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
