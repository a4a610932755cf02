// versions.track: a small table with the lowest and the highest version of each group of a large one, kept by triggers
// (data/version_bounds.h).
#include "base/format.h"
#include "steps/registry.h"
#include "steps/rows/row_job.h"
#include "steps/versions/bounds_of_step.h"

namespace pgcleave::steps {
namespace {

Result<data::Task> task_of_track(Context& context, const data::VersionBounds& bounds) {
  TRY_ASSIGN(auto task, job_task(context));
  task.change = bounds.filling();
  task.by = data::WalkBy::heap;
  return task;
}

// `invalid` when its columns are of no use.
Result<data::Table> table_of_track(Context& context, const data::VersionBounds& bounds) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(auto table, data::read_table(*leader, bounds.table, context.deadline));
  TRY(bounds.check(table));
  return table;
}

Result<Observation> observe_versions_track(Context& context) {
  TRY_ASSIGN(const auto bounds, bounds_of(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto table, data::read_table(*leader, bounds.table, context.deadline));
  TRY_ASSIGN(const auto task, task_of_track(context, bounds));
  TRY_ASSIGN(auto observed, observe_job(context, task));
  TRY_ASSIGN(const auto seen, see_bounds(context, bounds));
  if (seen.triggers == data::VersionBounds::triggers(table) && seen.table) return observed;
  observed.state = State::pending;
  observed.evidence =
      fmt::format("{} of {} triggers keep {}", seen.triggers, data::VersionBounds::triggers(table), bounds.into.sql());
  return observed;
}

Result<void> prepare_versions_track(Context& context) {
  TRY_ASSIGN(const auto bounds, bounds_of(context));
  TRY(table_of_track(context, bounds));
  TRY_ASSIGN(const auto limits, limits_of(context));
  return check_limits(context, limits);
}

Result<Json> apply_versions_track(Context& context, const Json&) {
  TRY_ASSIGN(const auto bounds, bounds_of(context));
  TRY(context.world.effects->perform(
      printable(fmt::format("make table {}, and triggers of {} that keep it, on {}", bounds.into.sql(),
                            bounds.table.sql(), context.on().label())),
      [&]() -> Result<Json> {
        TRY_ASSIGN(const auto table, table_of_track(context, bounds));
        TRY(run_politely(context, bounds.install_sql(table)));
        return Json();
      }));
  TRY_ASSIGN(const auto task, task_of_track(context, bounds));
  return apply_job(context, task);
}

}  // namespace

StepKind versions_track() {
  return {
      .description = {.kind = "versions.track",
                      .purpose =
                          "Keeps a small table with the lowest and highest version of each group of a large one, "
                          "by triggers.",
                      .parameters = with_shared(bounds_parameters(), {pace_parameters()}),
                      .outputs = outputs_of_job(),
                      .changes = "a table, a function, a procedure, triggers; and the job's own row in pgcleave.jobs",
                      .undo = "no: versions.untrack takes it away",
                      .undo_kind = runbook::UndoKind::impossible,
                      .traits = {.changes = true, .job = true}},
      .prepare = prepare_versions_track,
      .observe = observe_versions_track,
      .apply = apply_versions_track,
      .undo = nullptr};
}

}  // namespace pgcleave::steps
