// The jobs of a run (data/job.h): where each lies, and how far it is, as the database that it changes knows it.
#pragma once

#include <string>
#include <vector>

#include "app/files.h"
#include "data/job.h"
#include "engine/record.h"
#include "world/world.h"

namespace pgcleave::app {

struct RunJob {
  std::string step;
  std::string id;  // in pgcleave.jobs
  world::SideName side = world::SideName::source;
};

// Those of the run that were begun.
std::vector<RunJob> jobs_of(const engine::RunRecord& run);

// The servers that the run began with; an environment that is named must be the run's. Opens no connection.
Result<world::World> servers_of(const engine::RunRecord& run, const FilesNamed& files);

// [{"step", "on", "table", "changed", "batches", "pass", "skipped", "hold", "target_ms", "runner", "now", "over"}], or
// {"step", "error"} for one that can't be asked. Empty: the run has no job. Asks for 3 s at most.
Json jobs_told(const engine::RunRecord& run, const FilesNamed& files);
// One of these in a line for people.
std::string job_in_words(const Json& job);

}  // namespace pgcleave::app
