// replication.check_reverse: before a rollback's window, is the way back whole and nearly caught up? If not, a rollback would lose
// writes, and says so before anybody waits.
#include "base/format.h"
#include "base/units.h"
#include "steps/checking.h"
#include "steps/link_health.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe(Context& context) {
  TRY_ASSIGN(const auto limit, parse_bytes(context.text("below")));
  TRY_ASSIGN(const auto way_back, look_at_link(context.world, reverse_link(context.world), context.deadline.for_a_look()));
  Observation seen;
  seen.evidence = way_back.text();
  seen.facts = {{"lag_bytes", way_back.lag.count}};
  if (!way_back.losses.empty()) {
    seen.state = State::foreign;
    seen.evidence = fmt::format("{}", fmt::join(way_back.losses, "; "));
  } else if (way_back.worker && way_back.lag <= limit) {
    seen.state = State::done;
  }
  return seen;
}

Result<Json> apply(Context& context, const Json&) {
  return check_until_done(context, observe, "the way back has caught up", reverse_link(context.world).name);
}

}  // namespace

StepKind replication_check_reverse() {
  return {{.kind = "replication.check_reverse",
           .purpose = "Checks that the way back is whole and waits until it has nearly caught up.",
           .parameters = {{"below", runbook::Type::bytes, "1MiB", false, "lag at which a rollback may begin", {}}},
           .facts = {{"lag_bytes", "how far the source was behind"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
