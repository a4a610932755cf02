// versions.untrack: drops what versions.track has made.
#include "base/format.h"
#include "steps/registry.h"
#include "steps/versions/bounds_of_step.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_versions_untrack(Context& context) {
  TRY_ASSIGN(const auto bounds, bounds_of(context));
  TRY_ASSIGN(const auto seen, see_bounds(context, bounds));
  Observation observed;
  observed.evidence = fmt::format("{} of {}, {} functions and {} triggers", seen.table ? "table" : "no table",
                                  bounds.into.sql(), seen.functions, seen.triggers);
  if (!seen.table && seen.functions == 0) observed.state = State::done;
  return observed;
}

Result<Json> apply_versions_untrack(Context& context, const Json&) {
  TRY_ASSIGN(const auto bounds, bounds_of(context));
  TRY(context.world.effects->perform(
      printable(fmt::format("drop table {}, and the triggers of {} that keep it, on {}", bounds.into.sql(),
                            bounds.table.sql(), context.on().label())),
      [&]() -> Result<Json> {
        TRY(run_politely(context, bounds.remove_sql()));
        return Json();
      }));
  return Json::object();
}

}  // namespace

StepKind versions_untrack() {
  return {.description = {.kind = "versions.untrack",
                          .purpose = "Drops the small table of versions.track, and its triggers.",
                          .parameters = bounds_parameters(),
                          .outputs = {},
                          .changes = "the table, its function, its procedure, the triggers",
                          .undo = "no: versions.track makes them again",
                          .undo_kind = runbook::UndoKind::impossible,
                          .traits = {.changes = true}},
          .prepare = nullptr,
          .observe = observe_versions_untrack,
          .apply = apply_versions_untrack,
          .undo = nullptr};
}

}  // namespace pgcleave::steps
