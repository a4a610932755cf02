// patroni.promote: one PATCH that removes standby_cluster and leaves a mark of who did it, sent to the standby leader,
// whose loop it wakes. 200 means stored, not promoted: the truth is pg_is_in_recovery() on a connection that was opened
// before.
#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"
#include "patroni/inspection.h"
#include "postgres/wal.h"
#include "steps/parameters.h"
#include "steps/patroni/late_promotion.h"
#include "steps/patroni/reattaching.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare_patroni_promote(Context& context) {
  auto& cluster = context.side("cluster");
  TRY(cluster.patroni().warm(context.deadline));
  TRY(cluster.remember_config(context.deadline));
  TRY(cluster.leader(context.deadline));
  return {};
}

// The mark in Patroni's configuration: which run promoted it, and what it takes to go back. Whoever resumes a run whose
// process died in the middle of the promotion finds it there. It goes when the cluster is a standby again.
Json mark_of(const Json& config) {
  const auto mark = config.find("pgcleave");
  return mark != config.end() && mark->is_object() ? *mark : Json::object();
}

// Patroni's REST interface shows a new configuration a moment after it was stored (3.0.2).
Result<Json> mark_of_promoted(Context& context, Side& cluster) {
  Json mark = Json::object();
  const auto patience = context.deadline.or_earlier(Deadline::in(std::chrono::milliseconds(500)));
  static_cast<void>(
      wait_until("the mark shows", patience, std::chrono::milliseconds(50), context.stop, [&]() -> Result<bool> {
        TRY_ASSIGN(const auto config, cluster.patroni().config(context.deadline.for_one_read()));
        mark = mark_of(config);
        return !mark.empty();
      }));
  return mark;
}

Result<Observation> observe_promoted(Context& context, Side& cluster) {
  TRY_ASSIGN(const auto mark, mark_of_promoted(context, cluster));
  const auto by = mark.value("run", std::string());
  Observation seen;
  seen.state = by == context.world.run.id ? State::done : State::conflict;
  seen.evidence = cluster.label() + " is writable, promoted by " + (by.empty() ? "somebody else" : "run " + by);
  seen.before = {{"standby_cluster", mark.value("standby_cluster", Json())},
                 {"common_checkpoint", mark.value("common_checkpoint", std::string())}};
  seen.outputs = seen.before;
  return seen;
}

// This run's PATCH was stored, perhaps by a process that died: Patroni's loop carries it out within moments.
bool is_on_its_way(const Context& context, const Json& config) {
  return object_in(config, "standby_cluster").empty() &&
         mark_of(config).value("run", std::string()) == context.world.run.id;
}

bool becomes_writable(Context& context, Side& cluster, postgres::Connection& leader) {
  return wait_until(cluster.label() + " is writable", context.deadline.for_one_read(), std::chrono::milliseconds(20),
                    context.stop,
                    [&]() -> Result<bool> {
                      TRY_ASSIGN(const auto recovery, postgres::recovery(leader, context.deadline.for_one_read()));
                      return !recovery.in_recovery;
                    })
      .has_value();
}

Result<Observation> observe_patroni_promote(Context& context) {
  auto& cluster = context.side("cluster");
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
  if (!recovery.in_recovery) return observe_promoted(context, cluster);
  TRY_ASSIGN(const auto config, cluster.config(context.deadline));
  if (is_on_its_way(context, config) && becomes_writable(context, cluster, *leader))
    return observe_promoted(context, cluster);
  // What pg_rewind would go back to: this side's last restartpoint, which replayed a checkpoint of the other side.
  TRY_ASSIGN(const auto redo, postgres::redo_lsn(*leader, context.deadline));
  Observation seen;
  seen.before = {{"standby_cluster", patroni::without_nulls(config.value("standby_cluster", Json()))},
                 {"common_checkpoint", redo.text()}};
  seen.evidence = cluster.label() + " is in recovery";
  return seen;
}

// Done when writable. A reply that was lost, or a 409, leaves open whether the PATCH was stored: it is idempotent, so
// it is sent again while the configuration still says standby. Returns how many may still come when one has done its
// work.
Result<int> until_writable(Context& context, Side& cluster, const Json& patch) {
  TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
  auto sent = cluster.patroni().patch_config(patch, context.deadline.or_earlier(Deadline::in(std::chrono::seconds(2))));
  if (!sent && sent.error().kind != ErrorKind::unknown) return fail(sent.error());
  int unanswered = sent ? 0 : 1;
  auto again = Deadline::in(std::chrono::seconds(1));
  TRY(wait_until(cluster.label() + " is writable", context.deadline, std::chrono::milliseconds(1), context.stop,
                 [&]() -> Result<bool> {
                   TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline.for_one_read()));
                   if (!recovery.in_recovery) return true;
                   if (!sent && again.passed()) {
                     again = Deadline::in(std::chrono::seconds(1));
                     sent = cluster.patroni().patch_config(
                         patch, context.deadline.or_earlier(Deadline::in(std::chrono::seconds(2))));
                     if (!sent && sent.error().kind == ErrorKind::unknown) ++unanswered;
                   }
                   return false;
                 }));
  return sent ? unanswered : unanswered - 1;  // one did it
}

// To a source that failed over, pg_rewind has no way from here: nothing is promoted for a window that can only be
// undone. One that can't be asked is not waited for; ownership.take asks again.
Result<void> the_source_still_leads(Context& context, Side& cluster, Side& source) {
  const auto patience = context.deadline.or_earlier(Deadline::in(std::chrono::milliseconds(300)));
  for (int sessions = 1; sessions <= 2; ++sessions) {  // that the first one was lost shows only when it is used
    const auto leader = source.leader(patience);
    if (!leader) return {};
    const auto looked = postgres::recovery(**leader, patience);
    const auto failover = source.failover(patience);
    if (failover && !failover->empty()) {
      return fail({ErrorKind::failed, source.label(),
                   fmt::format("failed over in the window, so {} is not promoted", cluster.label()),
                   "the leader that the window began with", *failover, "", ""});
    }
    if (looked) return {};
  }
  return {};
}

Result<Json> apply_patroni_promote(Context& context, const Json& before) {
  auto& world = context.world;
  auto& cluster = context.side("cluster");
  Json outputs{{"standby_cluster", before.value("standby_cluster", Json())},
               {"common_checkpoint", before.value("common_checkpoint", std::string())}};
  Json mark = outputs;
  mark["run"] = world.run.id;
  const Json patch{{"standby_cluster", nullptr}, {"pgcleave", mark}};
  TRY_ASSIGN(
      const auto result,
      world.effects->perform("promote " + cluster.label() + ": PATCH standby_cluster away, wait until it is writable",
                             [&]() -> Result<Json> {
                               TRY(the_source_still_leads(context, cluster, world.other(cluster)));
                               const auto began = Monotonic::now();
                               TRY_ASSIGN(const int unanswered, until_writable(context, cluster, patch));
                               const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
                               return Json{{"ms", milliseconds(took)}, {"unanswered", unanswered}};
                             }));
  if (!result.is_object()) return outputs;  // a plan
  outputs["promote_ms"] = number_in(result, "ms");
  outputs["unanswered"] = small_in(result, "unanswered");
  return outputs;
}

// Ownership was not taken: no client could write the moved tables here, and what replication has applied is on the
// other side too.
Reattaching reattaching(const Json& before) {
  return {before.value("standby_cluster", Json()), before.value("common_checkpoint", std::string()),
          CountedClasses{false, true, true}};
}

// The standby configuration is put back also when the cluster is still in recovery.
Result<void> undo_patroni_promote(Context& context, const Json& before, const Json&) {
  auto& cluster = context.side("cluster");
  const auto standby = before.value("standby_cluster", Json());
  if (!standby.is_object()) return {};
  const auto follows = still_follows(context, cluster, standby);
  if (follows && *follows) {
    if (!context.in_doubt) return {};
    TRY_ASSIGN(const bool never, never_came(context, cluster, standby));
    if (never) return {};
  }
  TRY_ASSIGN(const auto outputs, reattach_cluster(context, cluster, reattaching(before)));
  for (const auto& member : list_in(outputs, "left_behind")) {
    context.world.progress.say(member.get<std::string>());
  }
  return {};
}

Result<void> may_undo_patroni_promote(Context& context, const Json& before) {
  auto& cluster = context.side("cluster");
  const auto standby = before.value("standby_cluster", Json());
  return standby.is_object() ? may_reattach(context, cluster, reattaching(before)) : Result<void>();
}

}  // namespace

StepKind patroni_promote() {
  return {
      {.kind = "patroni.promote",
       .purpose = "Promotes a Patroni standby cluster and waits until its leader is writable.",
       .parameters = {side_parameter("cluster", "the standby cluster")},
       .outputs = {{"standby_cluster", "the configuration that was removed, to go back to"},
                   {"common_checkpoint", "redo LSN of the last checkpoint from before the promotion"},
                   {"promote_ms", "milliseconds from sending the PATCH until the leader was writable"},
                   {"unanswered", "PATCHes that were sent again and may still come"}},
       .changes = "standby_cluster and the mark `pgcleave` in Patroni's dynamic configuration; a new timeline begins",
       .undo = "makes it a standby again (checkpoint, PATCH, pg_rewind by Patroni); takes seconds, after traffic flows",
       .traits = {.changes = true, .promotes = true, .gives_up = true}},
      prepare_patroni_promote,
      observe_patroni_promote,
      apply_patroni_promote,
      undo_patroni_promote,
      UndoOrder::after_traffic,
      true,
      may_undo_patroni_promote};
}

}  // namespace pgcleave::steps
