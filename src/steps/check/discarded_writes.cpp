// check.discarded_writes: what a rollback gives up, since it is on the promoted side alone.
#include "steps/patroni/discarded_writes.h"

#include "base/units.h"
#include "steps/parameters.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_check_discarded_writes(Context& context) {
  TRY_ASSIGN(const auto classes, classes_of(context));
  TRY_ASSIGN(auto writes, discarded_writes(context.world, context.on(), classes, context.deadline.for_one_read()));
  TRY(add_failover(context.world, context.on(), context.text("timeline"), writes, context.deadline));
  Observation seen;
  seen.lasting = false;  // it may be different the next moment, so it is looked at each time
  seen.evidence = writes.text(context.on());
  seen.outputs = writes.outputs(context.on());
  return seen;
}

Result<Json> apply_check_discarded_writes(Context& context, const Json&) {
  TRY_ASSIGN(const auto classes, classes_of(context));
  TRY_ASSIGN(const auto patience, parse_duration(context.text("wait")));
  TRY_ASSIGN(auto writes, settled_discarded_writes(context, context.on(), classes, patience));
  TRY(add_failover(context.world, context.on(), context.text("timeline"), writes, context.deadline));
  return writes.outputs(context.on());
}

}  // namespace

StepKind check_discarded_writes() {
  return {{.kind = "check.discarded_writes",
           .earlier_kind = "check.given_up",
           .purpose = "Tells what was written on a promoted side since its promotion and would be lost when it is made "
                      "a standby again.",
           .parameters =
               {side_parameter("on", "the side that was promoted"),
                classes_parameter(),
                {"timeline",
                 runbook::Type::text,
                 "",
                 false,
                 "of the other side when reverse replication to it began: another one now means that it may lack rows",
                 {}},
                {"wait",
                 runbook::Type::duration,
                 "11s",
                 false,
                 "how long to wait at most until sessions have handed in what they wrote; nothing if nobody was active",
                 {}}},
           .outputs = {{"text", "what was written, in a line for people"},
                       {"rows", "rows that were inserted, updated or deleted, those of failed transactions too"},
                       {"tables", "the tables, with their rows and classes"},
                       {"uncounted", "why there may be more, each a reason"},
                       {"given_up", "the same in short: 2 rows of public.cfg; empty for nothing"},
                       {"words", "what somebody has to type to give it up; empty for nothing"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.gives_up = true}},
          nullptr,
          observe_check_discarded_writes,
          apply_check_discarded_writes,
          nullptr};
}

}  // namespace pgcleave::steps
