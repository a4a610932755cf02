// check.truncation: could the stale half of a side be emptied? Names what stands against it while nothing has been changed yet.
#include "base/format.h"
#include "postgres/truncation.h"
#include "steps/checking.h"
#include "steps/findings.h"
#include "steps/link.h"
#include "steps/registry.h"
#include "steps/stale_half.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_check_truncation(Context& context) {
  TRY_ASSIGN(const auto tables, stale_tables(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto obstacles, postgres::obstacles_to_truncation(*leader, tables, link_names(context.world), context.deadline));
  Findings findings;
  for (const auto& obstacle : obstacles) findings.add(context.on().label(), obstacle);
  Observation seen;
  seen.state = findings.empty() ? State::done : State::pending;
  seen.evidence = findings.empty()
                      ? fmt::format("nothing depends on the {} {} tables on {}", tables.size(), context.text("which"), context.on().label())
                      : findings.text();
  return seen;
}

Result<Json> apply_check_truncation(Context& context, const Json&) {
  return check_once(context, observe_check_truncation);
}

}  // namespace

StepKind check_truncation() {
  return {{.kind = "check.truncation",
           .purpose = "Checks that nothing depends on the stale tables of a side: foreign keys, publications, subscriptions.",
           .parameters = stale_half_parameters(),
           .facts = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe_check_truncation,
          apply_check_truncation,
          nullptr};
}

}  // namespace pgcleave::steps
