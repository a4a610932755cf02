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
  // "comparison": report/last_comparison.h, and while no process acts on it "comparisons": comparisons_told.h],
  // "rollback_path": rollback_path.h, "alarm", "owners": owners.h, "jobs": run_jobs.h}; the last four only where there
  // is something to say.
  Json json;
  std::optional<std::string> alarm;  // it is about to lose what its clients wrote
  bool told_by_split = false;        // the rollback path of the run is that of its split
};

Result<Status> status(const journal::Journal& journal, const RunNamed& named);

// There is no such journal, or it holds no run.
Result<bool> holds_no_run(const std::string& journal);
// Of the split of an environment before its first run: {"splits": [{"split", "environment", "no_run": true,
// "comparison", "comparisons"}]}.
Result<Json> status_before_runs(const std::string& journal, const FilesNamed& files);

}  // namespace pgcleave::app
