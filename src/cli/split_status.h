// What `pgcleave status` says of each split in a journal: who serves, since when, by which run, and whether it can be
// rolled back. Who serves is read from the databases: a journal can't know what other hosts did.
#pragma once

#include "cli/meant_run.h"

namespace pgcleave::cli {

// {"split", "environment", "serves": source|target|nobody|unknown, "server": "target ci", "since_us", "by": a run's id
// as the databases tell it, "split_by", "ended_by", "unfinished": [ids], "later": [texts], "rollback_path": see
// rollback_path.h}. `alive`: a process acts on the split; then nobody is asked.
Json split_status(const engine::SplitRuns& split, const Arguments& arguments, bool alive);
void print_split_status(const Json& status);

}  // namespace pgcleave::cli
