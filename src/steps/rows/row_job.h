// A step that is one walk over a table in batches. What is done lies in pgcleave.jobs on the side that is changed
// (data/job.h), so whoever goes on, goes on at the exact row. The verbs of such kinds, but for what they change.
#pragma once

#include <string>

#include "data/task.h"
#include "data/throttle.h"
#include "steps/step.h"

namespace pgcleave::steps {

// A task with `table`, `target`, `lock_timeout` and `limits` of the step; the caller says what it changes.
Result<data::Task> job_task(Context& context);
// `given` of whom the words name, over those of the environment, over the defaults.
Result<data::Limits> limits_over(const config::Environment& environment, const Json& given, const std::string& whose);
// The same with `limits` of the step.
Result<data::Limits> limits_of(const Context& context);
// `invalid` when the leader knows no such time zone.
Result<void> check_limits(Context& context, const data::Limits& limits);
// A session with the side's leader for data::Brake, opened anew where it was lost.
data::Brake::Session kept_beside(Side& side);
// `on_bad_row` and `most_skipped`, for kinds that have them.
void choose_bad_rows(const Context& context, data::Task& task);

Result<Observation> observe_job(Context& context, const data::Task& task);
// What would make the job fail at once is found before anything is changed.
Result<void> prepare_job(Context& context, const data::Task& task);
Result<Json> apply_job(Context& context, const data::Task& task);
Result<std::vector<std::string>> foretell_job(Context& context, const data::Task& task);

std::vector<runbook::Parameter> bad_row_parameters();
std::vector<runbook::Parameter> pace_parameters();
runbook::Parameter limits_parameter();
// Those of a kind, then the shared ones.
std::vector<runbook::Parameter> with_shared(std::vector<runbook::Parameter> own,
                                            const std::vector<std::vector<runbook::Parameter>>& shared);
std::vector<runbook::Output> outputs_of_job();

// A job's id in pgcleave.jobs: the run's and the step's.

inline std::string job_id(const std::string& run, const std::string& step) {
  return run + "/" + step;
}

}  // namespace pgcleave::steps
