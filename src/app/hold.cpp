#include "app/hold.h"

#include <functional>

#include "app/run_jobs.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "steps/rows/comparing.h"
#include "world/serving.h"

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

Wish to_hold(bool hold) {
  return
      [hold](auto& leader, const auto& job, Deadline deadline) { return data::hold_job(leader, job, hold, deadline); };
}

std::string held_in_words(bool hold, const std::string& unit) {
  return hold ? fmt::format("waits after the {} that is under way", unit) : "goes on";
}

Wish to_pace(std::optional<Duration> target) {
  return [target](auto& leader, const auto& job, Deadline deadline) {
    return data::pace_job(leader, job, target, deadline);
  };
}

Result<int> tell_comparisons_on(world::Side& side, const std::string& id, const Wish& wish, const std::string& told) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  TRY_ASSIGN(const auto open, steps::open_comparisons(side, deadline));
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  int found = 0;
  for (const auto& one : open) {
    if (!id.empty() && one != id) continue;
    TRY_ASSIGN(const bool there, wish(*leader, one, deadline));
    if (!there) continue;
    ++found;
    log::info(fmt::format("comparison {} on {} {}", one, side.label(), told));
  }
  return found;
}

// A target that is a standby holds what the source does, and can't be written.
Result<int> tell_comparisons(const FilesNamed& files, const std::string& id, const Wish& wish,
                             const std::string& told) {
  const auto environment = read_environment_file(files.environment);
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  const auto split = read_split_for(files, *environment.value);
  if (!split.value) return fail(last_of(errors_of(split.problems)));
  auto world = world::unopened_world(*environment.value, *split.value);
  int found = 0;
  std::optional<Error> first;
  for (auto* side : {&world.source, &world.target}) {
    if (side == &world.target && world::is_standby(*side, Deadline::in(std::chrono::seconds(10)))) continue;
    const auto told_there = tell_comparisons_on(*side, id, wish, told);
    if (told_there) found += *told_there;
    if (told_there) continue;
    if (first) return fail(*first);
    first = told_there.error();
    log::warn(first->text());
  }
  return found;
}

}  // namespace

Result<int> hold_comparisons(const FilesNamed& files, const std::string& id, bool hold) {
  return tell_comparisons(files, id, to_hold(hold), held_in_words(hold, "block"));
}

Result<int> pace_comparisons(const FilesNamed& files, const std::string& id, std::optional<Duration> target) {
  return tell_comparisons(files, id, to_pace(target),
                          target ? fmt::format("aims at blocks of {}", to_text(*target)) : "goes at its own pace");
}

Result<void> hold_jobs(const engine::RunRecord& run, const FilesNamed& files, bool hold) {
  return tell_jobs(run, files, to_hold(hold), held_in_words(hold, "batch"));
}

Result<void> pace_jobs(const engine::RunRecord& run, const FilesNamed& files, std::optional<Duration> target) {
  return tell_jobs(run, files, to_pace(target),
                   target ? fmt::format("aims at batches of {}", to_text(*target)) : "aims at what its runbook says");
}

}  // namespace pgcleave::app
