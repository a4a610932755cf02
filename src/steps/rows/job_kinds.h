// Step kinds that are jobs: a walk over a table that takes hours or days (data/job.h).
#pragma once

#include <string>
#include <vector>

#include "steps/step.h"

namespace pgcleave::steps {

// Has no timeout unless its line says one, and can be put on hold. Its job's id is the run's and its step's.
bool is_job(const std::string& kind);
std::string job_id(const std::string& run, const std::string& step);

// For `plan`: what a job will take, in lines for people. It tries some batches, and rolls them back. Empty for a kind
// that is no job.
Result<std::vector<std::string>> foretell(const std::string& kind, Context& context);

// Of rows.update.
Result<std::vector<std::string>> foretell_rows_update(Context& context);

}  // namespace pgcleave::steps
