// Reading what a report is made of out of journals.
#pragma once

#include <string>
#include <vector>

#include "readiness/rehearsals.h"
#include "report/readiness.h"

namespace pgcleave::report {

// Checks every event.
Chain chain_of(const journal::Journal& journal);

// For pictures: what was sampled around a run; nothing where nothing was kept.
std::vector<journal::Sample> samples_around(const journal::Journal& journal, const RunStory& story);

// One run, for a comparison with others.
Result<ComparedRound> compared(const journal::Journal& journal, const engine::RunRecord& run);
// Rounds of rehearsals, each from the journal that it is in.
Result<std::vector<ComparedRound>> compared(const std::vector<readiness::Round>& rounds);

// A journal that does not exist yet holds nothing.
Result<Readiness> gather(const runbook::Change& change);

}  // namespace pgcleave::report
