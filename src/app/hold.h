// Has the jobs of a run wait, go on, or take smaller batches: in the databases that they change (data/job.h), so that
// it does not matter where the run's process is.
#pragma once

#include <optional>

#include "app/files.h"
#include "engine/record.h"

namespace pgcleave::app {

// Each job of the run that is not over; one that works waits after its batch. Says on standard error which ones. An
// environment that is named must be the run's. `not_ready` when the run has no such job. Asks the sides for 10 s at
// most.
Result<void> hold_jobs(const engine::RunRecord& run, const FilesNamed& files, bool hold);
// The same, of how long a batch should take; no value: what the runbook says.
Result<void> pace_jobs(const engine::RunRecord& run, const FilesNamed& files, std::optional<Duration> target);

// The same of comparisons that are not over (`pgcleave compare`), on both sides of the environment that is named; `id`
// empty: of all. How many there are. A side that does not answer is told, unless neither does.
Result<int> hold_comparisons(const FilesNamed& files, const std::string& id, bool hold);
Result<int> pace_comparisons(const FilesNamed& files, const std::string& id, std::optional<Duration> target);

}  // namespace pgcleave::app
