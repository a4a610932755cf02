#include "app/status.h"

#include <filesystem>

#include "app/comparisons_told.h"
#include "app/owners.h"
#include "app/rollback_path.h"
#include "app/run_jobs.h"
#include "app/same_environment.h"
#include "app/split_status.h"
#include "base/fields.h"
#include "base/format.h"
#include "patroni/inspection.h"
#include "report/last_comparison.h"
#include "world/run_servers.h"

namespace pgcleave::app {
namespace {

Json json_of(const engine::RunRecord& run, const std::string& state) {
  Json steps = Json::array();
  for (const auto& [id, step] : run.steps) {
    steps.push_back({{"step", id},
                     {"uses", step.uses},
                     {"phase", engine::name_or_nothing(step.phase)},
                     {"status", engine::name_of(step.status)},
                     {"ms", step.ms},
                     {"note", step.note},
                     {"outputs", step.outputs}});
  }
  Json windows = Json::object();
  for (const auto& [phase, window] : run.windows) {
    windows[name_of(phase)] = {{"open", window.open},
                               {"taken", window.taken},
                               {"outcome", engine::name_or_nothing(window.outcome)},
                               {"budget_ms", window.budget_ms},
                               {"pause_ms", window.pause_ms},
                               {"cpu_ms", window.cpu_ms},
                               {"watched", window.watched},
                               {"outage_ms", window.outage_ms},
                               {"mean_outage_ms", window.mean_outage_ms},
                               {"paused_at_us", window.paused_at_us},
                               {"resumed_at_us", window.resumed_at_us}};
  }
  return {{"run", run.id},
          {"state", state},
          {"phase", engine::name_or_nothing(run.phase)},
          {"serves", engine::name_or_nothing(run.serves)},
          {"exit", run.exit},
          {"waits_for", run.waiting_for},
          {"misses", run.misses},
          {"windows", windows},
          {"steps", steps}};
}

// A target that owns and is told to be a standby is about to lose what its clients wrote. No value: it is not so, or it
// can't be asked.
std::optional<std::string> alarm_of(const engine::RunRecord& run, const std::string& environment_file) {
  if (!run.has_taken(runbook::PhaseKind::window) || run.has_taken(runbook::PhaseKind::rollback_window)) return {};
  const auto environment = told_environment(environment_file_of(run, environment_file));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value || !same_environment(run, *environment)) return {};
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  const auto deadline = Deadline::in(std::chrono::seconds(3));
  const auto config = world.target.patroni().config(deadline);
  if (!config || !patroni::is_set(*config, "standby_cluster")) return {};
  const auto leader = world.target.leader(deadline);
  const auto owner = leader ? fence::owner(**leader, world.split.name, deadline)
                            : Result<std::optional<fence::Owner>>(fail(leader.error()));
  if (owner && *owner != fence::Owner::target) return {};
  return fmt::format(
      "{} owns the moved tables{}, and its Patroni configuration has standby_cluster again: Patroni makes it a standby "
      "of "
      "the source, and what its clients wrote since the split is thrown away. At once: patronictl edit-config {} -s "
      "standby_cluster=null; then stop what put it there, until cleanup",
      world.target.label(), owner ? "" : " (as the journal knows: it can't be asked)", world.target.access().scope);
}

std::string compare_command(const engine::SplitRuns& split, const FilesNamed& files) {
  return "pgcleave compare" + files.again(environment_file_of(*split.all.front(), files.environment));
}

std::optional<Json> rollback_path_told(const Json& splits, const engine::SplitRuns& own) {
  for (const auto& split : splits) {
    if (text_in(split, "split") == own.split && text_in(split, "environment") == own.environment &&
        split.contains("rollback_path"))
      return std::optional<Json>(std::in_place, split.at("rollback_path"));
  }
  return {};
}

}  // namespace

Result<Status> status(const journal::Journal& journal, const RunNamed& named) {
  TRY_ASSIGN(const auto runs, journal_runs(journal, named));
  TRY_ASSIGN(auto run, meant_run(journal, runs, named, engine::Intent::inspect));
  const auto is_alive = [&](const std::string& split) { return journal::SplitLock::is_held(journal.path(), split); };
  const auto& file = named.files.environment;
  const bool alive = is_alive(text_in(run.begun, "split_name"));
  auto json = json_of(run, run.state(alive));
  json["splits"] = Json::array();
  const auto* own = runs.split_of(run.id);
  for (const auto& split : runs.splits) {
    if (!named.id.empty() && &split != own) continue;
    const bool at_work = is_alive(split.split);
    json["splits"].push_back(split_status(split, file, at_work));
    TRY_ASSIGN(const auto compared, readiness::last_comparison(journal, split.split, split.environment));
    json["splits"].back()["comparison"] = report::comparison_data(compared, compare_command(split, named.files));
    if (!at_work) json["splits"].back()["comparisons"] = comparisons_told(*split.all.front(), named.files);
  }
  const bool told_by_split = own != nullptr && own->split_by != nullptr && own->split_by->id == run.id;
  const auto rollback_path = alive           ? std::nullopt
                             : told_by_split ? rollback_path_told(json["splits"], *own)
                                             : rollback_path_of(run, file);
  if (rollback_path) json["rollback_path"] = *rollback_path;
  auto alarm = alive ? std::nullopt : alarm_of(run, file);
  if (alarm) json["alarm"] = *alarm;
  if (const auto owners = alive ? std::nullopt : owners_of(run, named.files)) json["owners"] = *owners;
  if (auto jobs = jobs_told(run, named.files); !jobs.empty()) json["jobs"] = std::move(jobs);
  return Status{std::move(run), alive, std::move(json), std::move(alarm), told_by_split};
}

Result<bool> holds_no_run(const std::string& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) return true;
  TRY_ASSIGN(const auto journal, journal::Journal::open_to_read(path, Deadline::in(std::chrono::seconds(5))));
  TRY_ASSIGN(const auto begun, journal.events_of_type("run.begun"));
  return begun.empty();
}

Result<Json> status_before_runs(const std::string& journal, const FilesNamed& files) {
  const auto environment = read_environment_file(files.environment);
  if (!environment.value) return fail(last_of(errors_of(environment.problems)));
  const auto split = read_split_for(files, *environment.value);
  if (!split.value) return fail(last_of(errors_of(split.problems)));
  TRY_ASSIGN(const auto last, readiness::last_comparison(journal, split.value->name, environment.value->name));
  auto world = world::unopened_world(*environment.value, *split.value);
  Json one{{"split", split.value->name}, {"environment", environment.value->name}, {"no_run", true}};
  one["comparison"] = report::comparison_data(last, "pgcleave compare" + files.again(files.environment));
  one["comparisons"] = comparisons_told(world, files, files.environment);
  return Json{{"splits", Json::array({std::move(one)})}};
}

}  // namespace pgcleave::app
