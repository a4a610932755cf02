// Comparisons of both sides' rows (`pgcleave compare`) that are not over, for `pgcleave status`: as the databases that
// clients write tell of them, from whichever host they were begun.
#pragma once

#include <string>

#include "app/files.h"
#include "engine/record.h"
#include "world/world.h"

namespace pgcleave::app {

// [{"comparison": its id, "on": "source main", "state": at_work|silent|died|stopped (compare/under_way.h), "runner",
// "how", "began_at_us", "silent_ms", "tables", "tables_done", "rows", "all_rows", "blocks", "differences",
// "rows_per_s", "left_ms" (the last two only where they are known), "hold", "target_ms", "now": what slows it or why it
// stopped, "next": a command, "does": what it does, "text": a line for people}], or {"on", "error"} for a side that
// can't be asked. A target that is a standby holds what the source does. Asks for 3 s at most.
Json comparisons_told(world::World& world, const FilesNamed& files, const std::string& environment_file);
// On the servers that a run of the split began with.
Json comparisons_told(const engine::RunRecord& run, const FilesNamed& files);

}  // namespace pgcleave::app
