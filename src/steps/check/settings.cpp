// check.settings: what would only fail inside the window, or when going back: slots and senders left, WAL level, a
// delayed standby, what a promotion copies along, foreign keys that cross the line.
#include "steps/check/judging.h"

namespace pgcleave::steps {
namespace {

Result<checks::Findings> inspect_settings(Context& context) {
  return findings_for(context, {"settings", "schema", "workload"});
}

Result<Observation> observe_check_settings(Context& context) {
  TRY_ASSIGN(const auto findings, inspect_settings(context));
  return observed(context, findings);
}

Result<Json> apply_check_settings(Context& context, const Json& before) {
  return refused_or_judged(context, before, inspect_settings);
}

}  // namespace

StepKind check_settings() {
  return {{.kind = "check.settings",
           .purpose = "Checks what would only fail inside the window or when going back: the families settings, schema "
                      "and workload of "
                      "`pgcleave check`.",
           .parameters = {accept_parameter()},
           .outputs = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_settings,
          apply_check_settings,
          nullptr};
}

}  // namespace pgcleave::steps
