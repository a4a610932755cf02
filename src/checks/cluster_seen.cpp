#include "checks/cluster_seen.h"

namespace pgcleave::checks {
namespace {

Result<void> inspect_leader(CheckContext& context, world::Side& side, ClusterSeen& seen) {
  const auto deadline = context.deadline();
  TRY_ASSIGN(auto* leader, context.session(side));
  TRY_ASSIGN(seen.identity, postgres::identify(*leader, deadline));
  TRY_ASSIGN(seen.owner, fence::owner(*leader, context.world().split.name, deadline));
  if (seen.identity.in_recovery) {
    TRY_ASSIGN(seen.receiver, postgres::receiver(*leader, deadline));
  }
  TRY_ASSIGN(const auto about, leader->query("SELECT pg_catalog.pg_postmaster_start_time()::text AS started,"
                                             " pg_catalog.current_setting('synchronous_standby_names') AS names",
                                             {}, deadline));
  seen.started = about.text(0, "started");
  seen.synchronous_standby_names = about.text(0, "names");
  TRY_ASSIGN(const auto slots,
             leader->query("SELECT slot_name, plugin, database, active FROM pg_catalog.pg_replication_slots"
                           " WHERE NOT temporary ORDER BY 1",
                           {}, deadline));
  for (std::size_t row = 0; row < slots.size(); ++row) {
    seen.slots.push_back({slots.text(row, "slot_name"), slots.text(row, "plugin"), slots.text(row, "database"),
                          slots.boolean(row, "active")});
  }
  TRY_ASSIGN(
      const auto subscriptions,
      leader->query(
          "SELECT subname FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database"
          " WHERE datname = pg_catalog.current_database()) ORDER BY 1",
          {}, deadline));
  for (std::size_t row = 0; row < subscriptions.size(); ++row)
    seen.subscriptions.push_back(subscriptions.text(row, "subname"));
  TRY_ASSIGN(const auto standbys,
             leader->query(
                 "SELECT application_name, usename, sync_state, state FROM pg_catalog.pg_stat_replication ORDER BY 1",
                 {}, deadline));
  for (std::size_t row = 0; row < standbys.size(); ++row) {
    seen.standbys.push_back({standbys.text(row, "application_name"), standbys.text(row, "usename"),
                             standbys.text(row, "sync_state"), standbys.text(row, "state")});
  }
  const auto soon = deadline.or_earlier(Deadline::in(std::chrono::seconds(3)));
  auto members = world::inspect_members(side, seen.patroni.view, *leader, soon);
  if (members) seen.members = std::move(*members);
  if (!members) seen.members_unseen = members.error().text();
  return {};
}

}  // namespace

ClusterSeen inspect_cluster(CheckContext& context, world::Side& side) {
  ClusterSeen seen;
  seen.which = side.which();
  seen.label = side.label();
  seen.scope = side.access().scope;
  seen.route = {side.access().route.host, side.access().route.port};
  seen.patroni =
      patroni::inspect(side.rest_access(), context.deadline().or_earlier(Deadline::in(std::chrono::seconds(3))));
  if (!seen.patroni.error.empty() || seen.patroni.view.leader() == nullptr) {
    seen.unseen = seen.patroni.error.empty() ? "the cluster has no leader" : seen.patroni.error;
    return seen;
  }
  const auto* leads = seen.patroni.view.leader();
  if (side.access().route.leader) seen.route = {leads->host, leads->port};
  if (const auto looked = inspect_leader(context, side, seen); !looked) seen.unseen = looked.error().text();
  return seen;
}

Stage stage_of(const ClusterSeen& target) {
  return stage_of(StageSeen{target.seen(), target.identity.in_recovery, target.owner,
                            patroni::is_set(target.patroni.config, "pgcleave")});
}

}  // namespace pgcleave::checks
