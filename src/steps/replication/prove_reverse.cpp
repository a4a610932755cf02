// replication.prove_reverse: a canary row goes from the target to the source through the very publication, slot and
// subscription that carry the moved tables back. In the window, before `take`: clients are let in only when reverse
// replication is known to work.
#include "base/format.h"
#include "fence/canary.h"
#include "steps/registry.h"
#include "steps/replication/linking.h"

namespace pgcleave::steps {
namespace {

std::string proof_token(const Context& context) {
  return fmt::format("{} {} {}", context.world.run.id, context.world.run.attempt, context.step);
}

Result<void> prepare_replication_prove_reverse(Context& context) {
  const auto link = reverse_link(context.world);
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY(fence::canary_arrived(*source, link.canary, proof_token(context), context.deadline));
  return {};
}

Result<Observation> observe_replication_prove_reverse(Context& context) {
  const auto link = reverse_link(context.world);
  TRY_ASSIGN(auto* source, link.to.leader(context.deadline));
  TRY_ASSIGN(const bool arrived, fence::canary_arrived(*source, link.canary, proof_token(context), context.deadline));
  Observation seen;
  seen.evidence = arrived ? "the canary row has arrived" : "no canary row has arrived";
  if (arrived) seen.state = State::done;
  return seen;
}

Result<Json> apply_replication_prove_reverse(Context& context, const Json&) {
  const auto link = reverse_link(context.world);
  return context.world.effects->perform(
      fmt::format("prove reverse replication: write a canary row on {} and wait for it on {}", link.from.label(),
                  link.to.label()),
      [&]() -> Result<Json> {
        TRY_ASSIGN(const auto took, send_canary(context, link, proof_token(context)));
        return Json{{"canary_ms", took}};
      });
}

}  // namespace

StepKind replication_prove_reverse() {
  return {{.kind = "replication.prove_reverse",
           .purpose = "Proves reverse replication with a canary row from the target to the source.",
           .parameters = {},
           .outputs = {{"canary_ms", "milliseconds that the canary row took"}},
           .changes = "a canary row",
           .undo = "nothing to undo: a canary row is no client's data",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {.changes = true}},
          prepare_replication_prove_reverse,
          observe_replication_prove_reverse,
          apply_replication_prove_reverse,
          nullptr,
          UndoOrder::before_traffic,
          true};
}

}  // namespace pgcleave::steps
