// The family settings: what would only fail inside the window, when going back, or when clients have come to the other
// side.
#include <algorithm>
#include <future>

#include "base/format.h"
#include "checks/families.h"
#include "checks/settings/compare.h"
#include "checks/settings/rollback_slot.h"
#include "checks/settings/server.h"
#include "checks/settings/slots.h"
#include "pgbouncer/inspection.h"
#include "world/link.h"

namespace pgcleave::checks {
namespace {

void inspect_bouncers(CheckContext& context, Demand& demand) {
  const auto deadline = context.deadline().or_earlier(Deadline::in(std::chrono::seconds(5)));
  for (const auto& bouncer : context.world().fleet.inspect(deadline)) {
    if (!bouncer.database) continue;
    const auto& pool = *bouncer.database;
    const int users = pool.force_user.empty() ? std::max<int>(1, static_cast<int>(bouncer.pool_users.size())) : 1;
    const int most =
        pool.max_connections > 0 ? std::min(pool.max_connections, pool.pool_size * users) : pool.pool_size * users;
    ++demand.bouncers;
    demand.connections_now += pool.current_connections;
    demand.connections_most += most;
  }
}

Result<void> inspect_indexes(CheckContext& context, world::Side& side, Demand& demand) {
  TRY_ASSIGN(auto* session, context.session(side));
  TRY_ASSIGN(const auto tables, world::tables_on(context.world(), side, context.deadline()));
  std::vector<std::string> oids;
  for (const auto& table : tables.split.moved) oids.push_back(std::to_string(table.oid));
  TRY_ASSIGN(
      const auto rows,
      session->query("SELECT indexrelid::pg_catalog.regclass AS name, pg_catalog.pg_relation_size(indexrelid) AS size"
                     " FROM pg_catalog.pg_index WHERE indrelid = ANY ($1::oid[]) ORDER BY 2 DESC NULLS LAST LIMIT 1",
                     {postgres::array_literal(oids)}, context.deadline()));
  if (rows.empty()) return {};
  demand.largest_index = rows.text(0, "name");
  demand.largest_index_bytes = rows.number(0, "size");
  return {};
}

// Patroni's configuration of the target names it, and its promotion keeps what it was.
std::string standby_slot(const ServerSeen& target) {
  const auto now = patroni::slot_of_standby(patroni::object_at(target.patroni, {"standby_cluster"}));
  return now.empty() ? patroni::slot_of_standby(patroni::object_at(target.patroni, {"pgcleave", "standby_cluster"}))
                     : now;
}

Findings of_rollback_slot(CheckContext& context, const ServerSeen& target, Stage stage) {
  auto& world = context.world();
  RollbackSlotSeen seen{target, world::reverse_link(world).name, std::nullopt};
  const auto deadline = context.deadline().or_earlier(Deadline::in(std::chrono::seconds(3)));
  if (target.is("sync_replication_slots", "on")) {
    if (auto copies = world::slot_copies(world.target, seen.slot, deadline)) seen.copies = std::move(*copies);
  }
  return judge_rollback_slot(seen, stage);
}

Stage stage_of(const ServerSeen& target) {
  return stage_of(StageSeen{true, target.in_recovery, target.owner, patroni::is_set(target.patroni, "pgcleave")});
}

}  // namespace

Result<Findings> settings(CheckContext& context) {
  auto& world = context.world();
  auto asked = std::async(std::launch::async, [&] { return inspect_server(context, world.target); });
  Demand demand;
  inspect_bouncers(context, demand);
  const auto source = inspect_server(context, world.source);
  const auto target = asked.get();
  if (!source) return fail(source.error());
  if (!target) return fail(target.error());
  const auto stage = stage_of(*target);
  TRY(inspect_indexes(context, stage == Stage::split ? world.target : world.source, demand));

  Findings found = judge_server(*source, stage, demand, context.budget());
  const auto upstream = standby_slot(*target);
  for (const auto& more : {judge_server(*target, stage, demand, context.budget()),
                           judge_slot_settings({*source, world.split.name, upstream}, stage),
                           judge_slot_settings({*target, world.split.name, upstream}, stage),
                           of_rollback_slot(context, *target, stage), judge_differences(*source, *target, stage)}) {
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

}  // namespace pgcleave::checks
