#include "app/hold.h"

#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "data/job.h"
#include "steps/registry.h"
#include "steps/rows/job_id.h"
#include "world/run_servers.h"

namespace pgcleave::app {
namespace {

// Those of a run that were begun, each with the side that it changes.
std::vector<std::pair<std::string, world::SideName>> jobs_of(const engine::RunRecord& run) {
  std::vector<std::pair<std::string, world::SideName>> jobs;
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    const auto* kind = steps::find(step.uses);
    if (kind == nullptr || !kind->description.traits.job || !step.with.contains("on")) continue;
    jobs.emplace_back(steps::job_id(run.id, id), step.with.at("on").get<world::SideName>());
  }
  return jobs;
}

Result<int> hold_each(const engine::RunRecord& run, world::World& world, bool hold) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  int found = 0;
  for (const auto& [id, side] : jobs_of(run)) {
    TRY_ASSIGN(auto* leader, world.side(side).leader(deadline));
    TRY_ASSIGN(const bool there, data::hold_job(*leader, id, hold, deadline));
    if (!there) continue;
    ++found;
    log::info(fmt::format("job {} on {} {}", id, world.side(side).label(),
                          hold ? "waits after the batch that is under way" : "goes on"));
  }
  return found;
}

}  // namespace

Result<void> hold_jobs(const engine::RunRecord& run, const FilesNamed& files, bool hold) {
  const auto environment =
      read_environment_file(files.environment.empty() ? text_in(run.begun, "environment") : files.environment);
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!split.value) return fail(last_of(errors_of(split.problems)));
  TRY(same_environment(run, *environment.value));
  auto world = world::unopened_world(*environment.value, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  TRY_ASSIGN(const int found, hold_each(run, world, hold));
  if (found > 0) return {};
  return fail({ErrorKind::not_ready, "run " + run.id, "has no job that is under way", "", "",
               "see its steps with: pgcleave status " + run.id, ""});
}

}  // namespace pgcleave::app
