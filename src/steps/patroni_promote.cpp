// patroni.promote: one PATCH that removes standby_cluster and leaves a mark of who did it, sent to the standby leader, whose
// loop it wakes. 200 means stored, not promoted: the truth is pg_is_in_recovery() on a connection that was opened before.
#include "base/format.h"
#include "base/units.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/reattach.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare(Context& context) {
  auto& cluster = context.world.side(context.text("cluster"));
  TRY(cluster.patroni().warm(context.deadline));
  TRY(cluster.leader(context.deadline));
  return {};
}

// The mark of the run that promoted it, in Patroni's configuration. It survives until the cluster is a standby again.
std::string promoted_by(const Json& config) {
  const auto mark = config.find("pgcleave");
  return mark != config.end() && mark->is_object() ? mark->value("run", std::string()) : std::string();
}

Result<Observation> observe(Context& context) {
  auto& world = context.world;
  auto& cluster = world.side(context.text("cluster"));
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
  const auto standby = config.value("standby_cluster", Json());
  Observation seen;
  seen.before = {{"standby_cluster", standby}};
  seen.evidence = recovery.in_recovery ? cluster.label() + " is in recovery" : cluster.label() + " is writable";
  if (!recovery.in_recovery) {
    const auto by = promoted_by(config);
    seen.state = by == world.run.id ? State::done : State::foreign;
    seen.evidence += by.empty() ? ", promoted by somebody else" : ", promoted by run " + by;
  }
  return seen;
}

// Done when writable. A reply that was lost, or a 409, leaves open whether the PATCH was stored: it is idempotent, so it is sent again
// while the configuration still says standby.
Result<void> until_writable(Context& context, Side& cluster, const Json& patch) {
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  auto sent = cluster.patroni().patch_config(patch, context.deadline.or_earlier(Deadline::in(std::chrono::seconds(2))));
  if (!sent && sent.error().kind != ErrorKind::unknown) return fail(sent.error());
  auto again = Deadline::in(std::chrono::seconds(1));
  return wait_until(cluster.label() + " is writable", context.deadline, std::chrono::milliseconds(1), context.stop, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline.for_a_look()));
    if (!recovery.in_recovery) return true;
    if (!sent && again.passed()) {
      again = Deadline::in(std::chrono::seconds(1));
      sent = cluster.patroni().patch_config(patch, context.deadline.or_earlier(Deadline::in(std::chrono::seconds(2))));
    }
    return false;
  });
}

Result<Json> apply(Context& context, const Json& before) {
  auto& world = context.world;
  auto& cluster = world.side(context.text("cluster"));
  Json facts{{"standby_cluster", before.value("standby_cluster", Json())}};
  const Json patch{{"standby_cluster", nullptr}, {"pgcleave", {{"run", world.run.id}}}};
  TRY_ASSIGN(const auto took,
             world.effects->perform("promote " + cluster.label() + ": PATCH standby_cluster away, wait until it is writable",
                                    [&]() -> Result<Json> {
                                      const auto began = Monotonic::now();
                                      TRY(until_writable(context, cluster, patch));
                                      return Json(milliseconds(std::chrono::duration_cast<Duration>(Monotonic::now() - began)));
                                    }));
  facts["promote_ms"] = took;
  return facts;
}

// A PATCH under way may still be carried out after this; so the standby configuration is put back also when the cluster is still in
// recovery.
Result<void> undo(Context& context, const Json& before, const Json&) {
  auto& cluster = context.world.side(context.text("cluster"));
  const auto standby = before.value("standby_cluster", Json());
  if (!standby.is_object()) return {};
  TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline));
  const auto attached = observe_attached(context, cluster);
  if (config.value("standby_cluster", Json()) == standby && attached && attached->state == State::done) return {};
  TRY(reattach_cluster(context, cluster, standby));
  return {};
}

}  // namespace

StepKind patroni_promote() {
  return {{.kind = "patroni.promote",
           .purpose = "Promotes a Patroni standby cluster and waits until its leader is writable.",
           .parameters = {side_parameter("cluster", "the standby cluster")},
           .facts = {{"standby_cluster", "the configuration that was removed, to go back to"},
                     {"promote_ms", "milliseconds from sending the PATCH until the leader was writable"}},
           .changes = "standby_cluster and the mark `pgcleave` in Patroni's dynamic configuration; a new timeline begins",
           .undo = "makes it a standby again (checkpoint, PATCH, pg_rewind by Patroni); takes seconds, after traffic flows",
           .meaning = {.changes = true}},
          prepare,
          observe,
          apply,
          undo,
          UndoOrder::after_traffic,
          true};
}

}  // namespace pgcleave::steps
