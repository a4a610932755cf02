// replication.check_reverse: before a rollback's window, is reverse replication whole and nearly caught up? If not, a
// rollback would lose writes, and says so before anybody waits.
#include "base/units.h"
#include "steps/check/checking.h"
#include "steps/registry.h"
#include "steps/replication/link_health.h"

namespace pgcleave::steps {
namespace {

Result<Observation> inspect_reverse(Context& context, Depth depth) {
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  return observe_link(context, reverse_link(context.world), limit, depth);
}

Result<Observation> observe_replication_check_reverse(Context& context) {
  return inspect_reverse(context, Depth::whole);
}

Result<Json> apply_replication_check_reverse(Context& context, const Json&) {
  return check_until_done(
      context, [](Context& again) { return inspect_reverse(again, Depth::flow); }, "reverse replication has caught up",
      reverse_link(context.world).name);
}

}  // namespace

StepKind replication_check_reverse() {
  return {{.kind = "replication.check_reverse",
           .purpose = "Checks that reverse replication is whole and waits until it has nearly caught up.",
           .parameters = {{"below", runbook::Type::bytes, "1MiB", false, "lag at which a rollback may begin", {}}},
           .outputs = {{"lag_bytes", "how far the source was behind"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_replication_check_reverse,
          apply_replication_check_reverse,
          nullptr};
}

}  // namespace pgcleave::steps
