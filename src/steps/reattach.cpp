#include "steps/reattach.h"

#include "base/format.h"
#include "base/units.h"
#include "postgres/identity.h"
#include "postgres/wal.h"

namespace pgcleave::steps {
namespace {

// pg_rewind goes back to the last checkpoint before the divergence. If the upstream has removed that WAL meanwhile the standby
// would hang in "starting" for ever, so refuse before anything is changed.
Result<void> wal_is_still_there(Context& context, Side& cluster, const std::string& common_checkpoint) {
  auto& upstream = context.world.other(cluster);
  const auto needed = parse_lsn(common_checkpoint);
  if (!needed) return {};
  TRY_ASSIGN(auto* upstream_leader, upstream.leader(context.deadline));
  TRY_ASSIGN(const auto oldest, postgres::oldest_wal(*upstream_leader, context.deadline));
  if (oldest <= *needed) return {};
  return fail({ErrorKind::not_ready, cluster.label(), "can't be rewound: WAL from before the promotion is gone from " + upstream.label(),
               "WAL from the common checkpoint " + needed->text(), "oldest WAL " + oldest.text(),
               "clone it anew: stop Patroni on its members, empty their data folders, set standby_cluster, start Patroni", ""});
}

}  // namespace

Result<Observation> observe_attached(Context& context, Side& cluster) {
  Observation seen;
  // While it is being rewound there is no leader to ask; that is pending, not an error.
  auto leader = cluster.leader(context.deadline);
  if (!leader) {
    seen.evidence = leader.error().text();
    return seen;
  }
  const auto recovery = postgres::recovery(**leader, context.deadline.for_a_look());
  if (!recovery) {
    seen.evidence = recovery.error().text();
    return seen;
  }
  if (!recovery->in_recovery) {
    seen.evidence = cluster.label() + " is writable";
    return seen;
  }
  const auto receiver = postgres::receiver(**leader, context.deadline.for_a_look());
  seen.evidence = receiver ? fmt::format("{} receives: {}", cluster.label(), receiver->status.empty() ? "nothing" : receiver->status)
                           : receiver.error().text();
  if (receiver && receiver->status == "streaming") seen.state = State::done;
  return seen;
}

Result<Json> reattach_cluster(Context& context, Side& cluster, const Json& standby_cluster, const std::string& common_checkpoint) {
  auto& world = context.world;
  auto& upstream = world.other(cluster);
  const auto began = Monotonic::now();
  TRY(world.effects->perform("CHECKPOINT on " + cluster.label() + ", which pg_rewind needs", [&]() -> Result<Json> {
    TRY_ASSIGN(auto* leader, cluster.leader(context.deadline));
    TRY_ASSIGN(const auto recovery, postgres::recovery(*leader, context.deadline));
    if (!recovery.in_recovery) TRY(wal_is_still_there(context, cluster, common_checkpoint));
    TRY(postgres::checkpoint(*leader, context.deadline));
    return Json();
  }));
  TRY(world.effects->perform(
      fmt::format("make {} a standby cluster of {} again: PATCH standby_cluster, wait until it streams", cluster.label(), upstream.label()),
      [&]() -> Result<Json> {
        if (!standby_cluster.is_object() || standby_cluster.empty()) {
          return fail({ErrorKind::invalid, cluster.label(), "no standby_cluster configuration is known to go back to",
                       "the fact of patroni.promote", standby_cluster.dump(),
                       "give it: with: {standby_cluster: ${promote.standby_cluster}}", ""});
        }
        TRY(cluster.patroni().patch_config({{"standby_cluster", standby_cluster}, {"pgcleave", nullptr}}, context.deadline));
        std::string last;
        auto streams = [&]() -> Result<bool> {
          TRY_ASSIGN(const auto seen, observe_attached(context, cluster));
          if (seen.evidence != last && world.progress) world.progress(seen.evidence);
          last = seen.evidence;
          return seen.state == State::done;
        };
        auto waited = wait_until(cluster.label() + " streams from " + upstream.label(), context.deadline, std::chrono::milliseconds(100),
                                 context.stop, streams);
        if (!waited) {
          waited.error().seen = last;
          waited.error().hint = "look at Patroni's log of " + cluster.access().scope + "; then: pgcleave resume";
          return fail(waited.error());
        }
        return Json();
      }));
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  return Json{{"seconds", milliseconds(took) / 1000}};
}

}  // namespace pgcleave::steps
