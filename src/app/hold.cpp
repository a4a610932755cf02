#include "app/hold.h"

#include <functional>

#include "app/run_jobs.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"

namespace pgcleave::app {
namespace {

// What is wanted of a job, by its id. False: it is over.
using Wish = std::function<Result<bool>(postgres::Connection& leader, const std::string& job, Deadline deadline)>;

Result<int> tell_each(const engine::RunRecord& run, world::World& world, const Wish& wish, const std::string& told) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  int found = 0;
  for (const auto& job : jobs_of(run)) {
    TRY_ASSIGN(auto* leader, world.side(job.side).leader(deadline));
    TRY_ASSIGN(const bool there, wish(*leader, job.id, deadline));
    if (!there) continue;
    ++found;
    log::info(fmt::format("job {} on {} {}", job.id, world.side(job.side).label(), told));
  }
  return found;
}

Result<void> tell_jobs(const engine::RunRecord& run, const FilesNamed& files, const Wish& wish,
                       const std::string& told) {
  TRY_ASSIGN(auto world, servers_of(run, files));
  TRY_ASSIGN(const int found, tell_each(run, world, wish, told));
  if (found > 0) return {};
  return fail({ErrorKind::not_ready, "run " + run.id, "has no job that is under way", "", "",
               "see its steps with: pgcleave status " + run.id, ""});
}

}  // namespace

Result<void> hold_jobs(const engine::RunRecord& run, const FilesNamed& files, bool hold) {
  return tell_jobs(
      run, files,
      [&](auto& leader, const auto& job, Deadline deadline) { return data::hold_job(leader, job, hold, deadline); },
      hold ? "waits after the batch that is under way" : "goes on");
}

Result<void> pace_jobs(const engine::RunRecord& run, const FilesNamed& files, std::optional<Duration> target) {
  return tell_jobs(
      run, files,
      [&](auto& leader, const auto& job, Deadline deadline) { return data::pace_job(leader, job, target, deadline); },
      target ? fmt::format("aims at batches of {}", to_text(*target)) : "aims at what its runbook says");
}

}  // namespace pgcleave::app
