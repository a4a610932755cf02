// What `pgcleave status` says of each split in a journal: who serves, since when, by which run, and whether it can be
// rolled back. Who serves is read from the databases: a journal can't know what other hosts did.
#pragma once

#include <string>

#include "base/json.h"
#include "engine/split_runs.h"

namespace pgcleave::app {

// {"split", "environment", "serves": source|target|nobody|unknown, "server": "target ci", "since_us", "by": a run's id
// as the databases tell it, "split_by", "ended_by", "unfinished": [ids], "later": [texts], "rollback_path": see
// rollback_path.h}. `alive`: a process acts on the split; then nobody is asked.
Json split_status(const engine::SplitRuns& split, const std::string& environment_file, bool alive);

}  // namespace pgcleave::app
