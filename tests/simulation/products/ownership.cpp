// The fence: who may write, and how that is passed on (src/fence/sql/fence_sql.cpp says it in PL/pgSQL).
#include "fence/ownership.h"

#include <algorithm>

#include "base/format.h"
#include "fence/canary.h"
#include "fence/kept_fence.h"
#include "fence/owner_state.h"
#include "fence/probe_rights.h"
#include "fence/split_tables.h"
#include "products/wire.h"

namespace pgcleave::fence {

using simulation::change_on;
using simulation::Database;
using simulation::LogRow;
using simulation::reach;
using simulation::Server;
using simulation::universe;

namespace {

enum class Passed { announced, passed, wrong_owner, stale_epoch };

// One call of pass_<split>().
Passed pass_once(Server& server, Owner expected, Owner next, const std::string& run, int epoch) {
  auto& db = server.db;
  int top = 0;
  for (const auto& row : db.ownership_log) top = std::max(top, row.epoch);
  if (top > epoch) return Passed::stale_epoch;
  // Rows whose expected and next are the same only raise the epoch.
  const LogRow* newest = nullptr;
  for (const auto& row : db.ownership_log) {
    if (row.expected != row.next) newest = &row;
  }
  const int from = static_cast<int>(expected);
  const int to = static_cast<int>(next);
  const bool mine = newest != nullptr && newest->run == run && newest->expected == from && newest->next == to;
  if (db.owner != expected && !(db.owner == next && mine)) return Passed::wrong_owner;
  if (!mine && newest != nullptr && static_cast<int>(db.owner) == newest->expected && newest->epoch == epoch)
    return Passed::stale_epoch;
  if (!mine || newest->epoch != epoch) {
    const LogRow row{run, epoch, from, to};
    server.commit(universe().now, [row](Database& there) { there.ownership_log.push_back(row); });
    return Passed::announced;
  }
  if (next != Owner::nobody)
    server.commit(universe().now, [epoch](Database& there) { there.epoch = std::max(there.epoch, epoch); });
  if (db.owner != next) server.commit(universe().now, [next](Database& there) { there.owner = next; });
  return Passed::passed;
}

Result<void> told(Passed passed, const std::string& name) {
  if (passed == Passed::announced || passed == Passed::passed) return {};
  return fail({ErrorKind::conflict, name, "the owner could not be set", "",
               passed == Passed::stale_epoch ? "somebody newer" : "another owner", "",
               passed == Passed::stale_epoch ? "PC002" : "PC001"});
}

std::vector<postgres::TableName> without(const std::vector<postgres::TableName>& wanted,
                                         const std::set<postgres::TableName>& there) {
  std::vector<postgres::TableName> missing;
  for (const auto& table : wanted) {
    if (!there.contains(table)) missing.push_back(table);
  }
  return missing;
}

FenceDrift drift(const std::vector<postgres::TableName>& wanted, const std::set<postgres::TableName>& there) {
  FenceDrift out;
  out.missing = without(wanted, there);
  for (const auto& table : there) {
    if (std::find(wanted.begin(), wanted.end(), table) == wanted.end()) out.superfluous.push_back(table);
  }
  return out;
}

Result<void> set_triggers(postgres::Connection& primary, const char* what,
                          std::set<postgres::TableName> Database::* triggers,
                          const std::vector<postgres::TableName>& tables, bool on, Deadline deadline) {
  return change_on(primary, what, deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, [=](Database& db) {
      for (const auto& table : tables) {
        if (on) (db.*triggers).insert(table);
        if (!on) (db.*triggers).erase(table);
      }
    });
    return {};
  });
}

}  // namespace

const char* name_of(Owner owner) {
  return owner == Owner::source ? "source" : owner == Owner::target ? "target" : "nobody";
}

Result<bool> is_installed(postgres::Connection& connection, const Fence&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return server->db.installed;
}

Result<void> install(postgres::Connection& primary, const Fence&, Deadline deadline) {
  return change_on(primary, "install ownership", deadline, [](Server& server) -> Result<void> {
    if (!server.db.installed) server.commit(universe().now, [](Database& db) { db.installed = true; });
    return {};
  });
}

Result<void> uninstall(postgres::Connection& primary, const Fence&, Deadline deadline) {
  return change_on(primary, "remove ownership", deadline, [&](Server& server) -> Result<void> {
    if (!server.db.fenced.empty() || !server.db.kept_fenced.empty())
      return fail(simulation::refusal(primary.name(), "triggers need it", "2BP01"));
    server.commit(universe().now, [](Database& db) {
      db.installed = false;
      db.owner = Owner::source;
      db.epoch = 0;
      db.ownership_log.clear();
      db.frozen.reset();
      db.holder.reset();
      db.canaries.clear();
      db.probe_rights.clear();
      db.kept_function = false;
    });
    return {};
  });
}

Result<FenceDrift> fence_drift(postgres::Connection& connection, const Fence&,
                               const std::vector<postgres::TableName>& moved, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return drift(moved, server->db.fenced);
}

Result<void> create_triggers(postgres::Connection& primary, const Fence&,
                             const std::vector<postgres::TableName>& tables, Duration, Deadline deadline,
                             const StopFlag*) {
  return set_triggers(primary, "create fence triggers", &Database::fenced, tables, true, deadline);
}

Result<void> drop_triggers(postgres::Connection& primary, const Fence&, const std::vector<postgres::TableName>& tables,
                           Duration, Deadline deadline, const StopFlag*) {
  return set_triggers(primary, "drop fence triggers", &Database::fenced, tables, false, deadline);
}

Result<std::optional<Owner>> owner(postgres::Connection& connection, const std::string&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  if (simulation::leads_to_replica(connection))
    return simulation::owner_as_replica_has_it(*server, universe().known_to_replicas());
  if (!server->db.installed) return std::nullopt;
  return server->db.owner;
}

Result<std::string> witness_in_force(postgres::Connection& connection, const std::string&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return simulation::witness_of(*server);
}

Result<OwnerState> owner_state(postgres::Connection& connection, const std::string& split, Owner side,
                               Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  const auto& db = server->db;
  OwnerState state;
  state.witness = simulation::witness_of(*server);
  if (!db.installed) return state;
  state.owner = db.owner;
  state.epoch = db.epoch;
  for (const auto& row : db.ownership_log) {
    if (row.expected != row.next)
      state.last = OwnershipRow{row.run, row.epoch, static_cast<Owner>(row.expected), static_cast<Owner>(row.next)};
  }
  const auto canaries = db.canaries.find(canary_of(split, side));
  if (canaries != db.canaries.end() && !canaries->second.empty()) state.newest_canary = *canaries->second.rbegin();
  return state;
}

// Two transactions in one round trip.
Result<void> pass_ownership(postgres::Connection& primary, const std::string&, Owner expected, Owner next,
                            const std::string& run, int epoch, Deadline deadline) {
  const auto pass = [expected, next, run, epoch](Server& server) -> Result<void> {
    if (!server.db.installed) return fail(simulation::refusal(server.scope, "there is no owner", "42P01"));
    TRY(told(pass_once(server, expected, next, run, epoch), server.scope));
    return told(pass_once(server, expected, next, run, epoch), server.scope);
  };
  TRY_ASSIGN(auto* there, reach(primary, deadline));
  universe().history.released = true;
  return change_on(primary, fmt::format("owner from {} to {}", name_of(expected), name_of(next)), deadline, pass,
                   simulation::no_read_write_in_recovery, [pass, which = there->which] {
                     auto& server = universe().server(which);
                     if (server.writable()) static_cast<void>(pass(server));
                   });
}

Result<std::optional<FrozenSplit>> frozen_split(postgres::Connection& connection, const std::string&,
                                                Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return server->db.frozen ? std::optional(*server->db.frozen) : std::nullopt;
}

Result<void> freeze_split(postgres::Connection& primary, const std::string&, const std::optional<FrozenSplit>& what,
                          Deadline deadline) {
  return change_on(primary, "write down what is in the split", deadline, [&](Server& server) -> Result<void> {
    if (server.db.owner != Owner::source)
      return fail(simulation::refusal(primary.name(), "the source does not own the split", "PC004"));
    const auto frozen = what ? std::make_shared<const FrozenSplit>(*what) : nullptr;
    server.commit(universe().now, [frozen](Database& db) { db.frozen = frozen; });
    return {};
  });
}

Result<std::vector<std::string>> fenced_by_others(postgres::Connection& connection, const std::string&,
                                                  const std::vector<postgres::TableName>&, Deadline deadline) {
  TRY(reach(connection, deadline));
  return std::vector<std::string>();
}

Result<std::string> run_that_split(postgres::Connection& connection, const std::string&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  std::string run;
  for (const auto& row : server->db.ownership_log) {
    if (row.expected == 0 && row.next == 2) run = row.run;
  }
  return run;
}

Result<KeptFence> kept_fence(postgres::Connection& connection, const Fence&, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return server->db.kept_function ? KeptFence::installed : KeptFence::absent;
}

Result<void> install_kept_fence(postgres::Connection& primary, const Fence&, Deadline deadline) {
  return change_on(primary, "install the fence of kept tables", deadline, [](Server& server) -> Result<void> {
    server.commit(universe().now, [](Database& db) { db.kept_function = true; });
    return {};
  });
}

Result<void> uninstall_kept_fence(postgres::Connection& primary, const Fence&, Deadline deadline) {
  return change_on(primary, "remove the fence of kept tables", deadline, [&](Server& server) -> Result<void> {
    if (!server.db.kept_fenced.empty()) return fail(simulation::refusal(primary.name(), "triggers need it", "2BP01"));
    server.commit(universe().now, [](Database& db) { db.kept_function = false; });
    return {};
  });
}

Result<FenceDrift> kept_fence_drift(postgres::Connection& connection, const Fence&,
                                    const std::vector<postgres::TableName>& kept, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return drift(kept, server->db.kept_fenced);
}

Result<void> create_kept_triggers(postgres::Connection& primary, const Fence&,
                                  const std::vector<postgres::TableName>& tables, Duration, Deadline deadline,
                                  const StopFlag*) {
  return set_triggers(primary, "create triggers of kept tables", &Database::kept_fenced, tables, true, deadline);
}

Result<void> drop_kept_triggers(postgres::Connection& primary, const Fence&,
                                const std::vector<postgres::TableName>& tables, Duration, Deadline deadline,
                                const StopFlag*) {
  return set_triggers(primary, "drop triggers of kept tables", &Database::kept_fenced, tables, false, deadline);
}

Result<std::vector<std::string>> without_probe_rights(postgres::Connection& connection, const std::string&,
                                                      const std::vector<std::string>& users, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  std::vector<std::string> lacking;
  for (const auto& user : users) {
    if (!server->db.probe_rights.contains(user)) lacking.push_back(user);
  }
  return lacking;
}

Result<void> grant_probe_rights(postgres::Connection& primary, const std::string&,
                                const std::vector<std::string>& users, Deadline deadline) {
  return change_on(primary, "let probes write", deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, [users](Database& db) { db.probe_rights.insert(users.begin(), users.end()); });
    return {};
  });
}

Result<void> revoke_probe_rights(postgres::Connection& primary, const std::string&,
                                 const std::vector<std::string>& users, Deadline deadline) {
  return change_on(primary, "no longer let probes write", deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, [users](Database& db) {
      for (const auto& user : users) db.probe_rights.erase(user);
    });
    return {};
  });
}

Result<void> write_canary(postgres::Connection& primary, const postgres::TableName& canary, const std::string& token,
                          Deadline deadline) {
  return change_on(primary, "write a canary row", deadline, [&](Server& server) -> Result<void> {
    server.commit(universe().now, nullptr,
                  simulation::Row{0, 0, std::make_shared<const simulation::Canary>(canary, token)});
    return {};
  });
}

Result<bool> canary_arrived(postgres::Connection& connection, const postgres::TableName& canary,
                            const std::string& token, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  if (!server->db.installed) return fail(simulation::refusal(connection.name(), "there is no canary table", "42P01"));
  const auto found = server->db.canaries.find(canary);
  return found != server->db.canaries.end() && found->second.contains(token);
}

postgres::TableName canary_of(const std::string& split, Owner writer) {
  return {"pgcleave", fmt::format("canary_{}_{}", name_of(writer), split)};
}

postgres::TableName probe_of(const std::string& split) {
  return {"pgcleave", "probe_" + split};
}

}  // namespace pgcleave::fence
