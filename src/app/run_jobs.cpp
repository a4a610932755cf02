#include "app/run_jobs.h"

#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"
#include "steps/registry.h"
#include "steps/rows/row_job.h"
#include "world/run_servers.h"

namespace pgcleave::app {
namespace {

Json json_of(const RunJob& told, const std::string& on, const data::Job& job) {
  Json json{{"step", told.step},      {"on", on},
            {"table", job.table},     {"changed", job.changed},
            {"batches", job.batches}, {"pass", job.at.pass},
            {"skipped", job.skipped}, {"hold", job.hold},
            {"target_ms", nullptr},   {"runner", job.runner},
            {"now", job.now},         {"over", job.over}};
  if (job.target) json["target_ms"] = milliseconds(*job.target);
  return json;
}

Result<Json> ask(const RunJob& told, world::World& world, Deadline deadline) {
  auto& side = world.side(told.side);
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  TRY_ASSIGN(const auto job, data::read_job(*leader, told.id, deadline));
  if (!job) return Json{{"step", told.step}, {"error", fmt::format("there is no row of it on {}", side.label())}};
  return json_of(told, side.label(), *job);
}

}  // namespace

std::vector<RunJob> jobs_of(const engine::RunRecord& run) {
  std::vector<RunJob> jobs;
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    const auto* kind = steps::find(step.uses);
    if (kind == nullptr || !kind->description.traits.job || !step.with.contains("on")) continue;
    jobs.push_back({id, steps::job_id(run.id, id), step.with.at("on").get<world::SideName>()});
  }
  return jobs;
}

Result<world::World> servers_of(const engine::RunRecord& run, const FilesNamed& files) {
  const auto environment = read_environment_file(environment_file_of(run, files.environment));
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!split.value) return fail(last_of(errors_of(split.problems)));
  TRY(same_environment(run, *environment.value));
  auto world = world::unopened_world(*environment.value, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  return world;
}

Json jobs_told(const engine::RunRecord& run, const FilesNamed& files) {
  Json all = Json::array();
  const auto jobs = jobs_of(run);
  if (jobs.empty()) return all;
  const auto deadline = Deadline::in(std::chrono::seconds(3));
  auto world = servers_of(run, files);
  for (const auto& one : jobs) {
    const auto told = world ? ask(one, *world, deadline) : Result<Json>(fail(world.error()));
    all.push_back(told ? *told : Json{{"step", one.step}, {"error", told.error().text()}});
  }
  return all;
}

std::string job_in_words(const Json& job) {
  const auto step = printable(text_in(job, "step"));
  if (job.contains("error")) return fmt::format("job {}: {}", step, printable(text_in(job, "error")));
  std::string text = fmt::format("job {} on {}: {} rows of {} changed in {} batches", step, text_in(job, "on"),
                                 whole_in(job, "changed"), printable(text_in(job, "table")), whole_in(job, "batches"));
  if (whole_in(job, "skipped") > 0) text += fmt::format(", {} left out", whole_in(job, "skipped"));
  if (truth_in(job, "over")) return text + ", at its end";
  text += fmt::format(", pass {}", small_in(job, "pass"));
  if (truth_in(job, "hold")) text += ", on hold";
  if (job.at("target_ms").is_number()) text += fmt::format(", batches of {:.0f} ms", number_in(job, "target_ms"));
  const auto runner = text_in(job, "runner");
  const auto now = text_in(job, "now");
  text += runner.empty() ? ", nobody works on it" : ", by " + printable(runner);
  return now.empty() ? text : text + ": " + printable(now);
}

}  // namespace pgcleave::app
