// What is true of a run and of each split of a journal: from the journal, and from the servers where only they can
// tell. Changes nothing.
#pragma once

#include <optional>
#include <string>

#include "app/meant_run.h"

namespace pgcleave::app {

struct Status {
  engine::RunRecord run;
  bool alive = false;  // a process acts on it; then no server is asked, but of its jobs
  // {"run", "state", "phase", "serves", "exit", "waits_for", "misses", "windows", "steps", "splits": [split_status.h,
  // and "comparison": report/last_comparison.h], "rollback_path": rollback_path.h, "alarm", "owners": owners.h,
  // "jobs": run_jobs.h}; the last four only where there is something to say.
  Json json;
  std::optional<std::string> alarm;  // it is about to lose what its clients wrote
  bool told_by_split = false;        // the rollback path of the run is that of its split
};

Result<Status> status(const journal::Journal& journal, const RunNamed& named);

}  // namespace pgcleave::app
