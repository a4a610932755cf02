// patroni.reattach: the end of a rollback. The cluster becomes a standby of the other side again; what only it holds is
// rewound.
#include "base/format.h"
#include "steps/parameters.h"
#include "steps/patroni/member_fixing.h"
#include "steps/patroni/reattaching.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<Observation> observe_patroni_reattach(Context& context) {
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(const auto attached, observe_attached(context, cluster));
  return observe_members(context, cluster, attached);
}

Result<Json> apply_patroni_reattach(Context& context, const Json&) {
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(const auto classes, classes_of(context));
  return reattach_cluster(context, cluster,
                          {context.with.value("standby_cluster", Json()), context.text("common_checkpoint"), classes,
                           context.text("given_up")});
}

std::vector<runbook::Parameter> reattach_parameters() {
  return {side_parameter("cluster", "the cluster that becomes a standby"),
          {"standby_cluster",
           runbook::Type::map,
           nullptr,
           true,
           "the configuration to put back, an output of patroni.promote",
           {}},
          {"common_checkpoint",
           runbook::Type::text,
           "",
           false,
           "redo LSN of a checkpoint from before the promotion, an output of patroni.promote: if the other "
           "side has removed WAL from "
           "there, pg_rewind can't work",
           {}},
          classes_parameter(),
          {"given_up",
           runbook::Type::text,
           "",
           false,
           "the words with which a person gave up what only this cluster has, an output of gate.approve; more "
           "than that is refused",
           {}},
          {"reclone",
           runbook::Type::text,
           "when_needed",
           false,
           "when WAL that pg_rewind needs is gone, the side's `reclone` of the environment file clones it "
           "anew, and Patroni "
           "reinitializes a member that does not follow; or never",
           {"when_needed", "never"}}};
}

}  // namespace

StepKind patroni_reattach() {
  return {
      {.kind = "patroni.reattach",
       .purpose = "Makes a promoted cluster a standby cluster of the other side again, with every member of it.",
       .parameters = reattach_parameters(),
       .outputs = {{"seconds", "how long it took until it streamed"},
                   {"how", "rewound or cloned"},
                   {"reinitialized", "members that Patroni was told to copy anew"},
                   {"left_behind",
                    "members that do not follow at the end, each with what keeps it and the command that fixes it",
                    true},
                   {"given_up", "rows that only it had, as seen right before: 2 rows of public.cfg; empty for none"}},
       .changes = "standby_cluster in Patroni's configuration; the cluster's data is rewound to the other side's, or "
                  "copied anew; a member "
                  "that does not follow is copied anew",
       .undo = "no: what only this cluster held is gone; promote it again with a new run",
       .undo_kind = runbook::UndoKind::impossible,
       .traits = {.changes = true, .gives_up = true}},
      nullptr,
      observe_patroni_reattach,
      apply_patroni_reattach,
      nullptr};
}

}  // namespace pgcleave::steps
