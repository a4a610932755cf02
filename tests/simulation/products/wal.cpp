// WAL positions, recovery, checkpoints, canaries, locks.
#include "postgres/wal.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/activity.h"
#include "postgres/catalog.h"
#include "postgres/dependencies.h"
#include "postgres/following.h"
#include "postgres/identity.h"
#include "postgres/lineage.h"
#include "postgres/locks.h"
#include "postgres/transactions.h"
#include "postgres/writes.h"
#include "products/wire.h"

namespace pgcleave::postgres {

using simulation::change_on;
using simulation::reach;
using simulation::reach_primary;
using simulation::Row;
using simulation::Server;
using simulation::universe;

Result<Identity> identify(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  Identity identity;
  identity.system_identifier = "7000000000000000001";
  identity.timeline = server->timeline;
  identity.cluster_name = server->scope;
  identity.in_recovery = server->in_recovery;
  identity.superuser = true;
  identity.database = "app";
  identity.database_oid = "16384";
  identity.user = "pgcleave";
  identity.version = 150018;
  identity.data_directory = "/data/" + server->scope;
  identity.address = connection.address();
  return identity;
}

Result<std::vector<Table>> tables(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  std::vector<Table> all;
  std::uint32_t oid = 16384;
  for (const auto& name : {simulation::moved_table(), TableName{"public", "users"}}) {
    Table table;
    table.oid = ++oid;
    table.name = name;
    table.root = name;
    all.push_back(table);
  }
  return all;
}

Result<std::map<TableName, Columns>> columns(Connection& connection, const std::vector<TableName>& wanted,
                                             Deadline deadline) {
  TRY(reach(connection, deadline));
  std::map<TableName, Columns> all;
  for (const auto& table : wanted) all[table] = {{"id", "bigint"}, {"content", "text"}};
  return all;
}

Result<Lsn> capture_lsn(Connection& primary, const TableName& canary, const std::string& token, Deadline deadline) {
  Lsn at;
  TRY(change_on(
      primary, "capture an LSN", deadline,
      [&](Server& server) -> Result<void> {
        at.position = server.commit(universe().now, nullptr,
                                    Row{0, 0, std::make_shared<const simulation::Canary>(canary, token)});
        return {};
      },
      simulation::no_read_write_in_recovery));
  return at;
}

Result<std::vector<Flushed>> flushed(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(primary, deadline));
  const auto lsn =
      server->in_recovery ? server->end : simulation::flushed_by_replica(*server, universe().known_to_replicas());
  return std::vector<Flushed>{{simulation::replica_of(*server), "streaming", Lsn{lsn}}};
}

Result<Recovery> recovery(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return Recovery{server->in_recovery, Lsn{server->end}, Lsn{server->end}, false};
}

Result<Receiver> receiver(Connection& standby, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(standby, deadline));
  if (!server->in_recovery) return Receiver{};
  return Receiver{"streaming", "127.0.0.1", universe().source.port, "ci_standby"};
}

Result<std::string> receiving(Connection& standby, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(standby, deadline));
  return std::string(server->in_recovery ? "streaming" : "nothing");
}

Result<std::optional<BaseBackup>> base_backup(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  return std::nullopt;
}

Result<Lsn> current_lsn(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach_primary(primary, deadline, simulation::not_in_recovery));
  return Lsn{server->end};
}

Result<void> checkpoint(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(auto* server, reach(connection, deadline));
  return simulation::change(
      connection.name(), "CHECKPOINT", deadline, [&] { connection.close(); },
      [&]() -> Result<void> {
        // A standby's restartpoint is a checkpoint of the primary that it has replayed.
        server->redo = server->in_recovery ? std::min(universe().source.redo, server->end) : server->end;
        return {};
      });
}

Result<Branch> branch(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach_primary(primary, deadline, simulation::not_in_recovery));
  Branch found;
  found.timeline = server->timeline;
  if (server->branched_at) found.at = Lsn{*server->branched_at};
  found.replayed = found.at;
  return found;
}

Result<Lsn> redo_lsn(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  return Lsn{server->redo};
}

Result<Lsn> oldest_wal(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  return Lsn{0x1000000};
}

Result<std::vector<Sender>> senders(Connection& primary, Deadline deadline) {
  TRY(reach(primary, deadline));
  if (!universe().target.in_recovery) return std::vector<Sender>{};
  return std::vector<Sender>{{"ci-1", "streaming", Bytes{0}}};
}

Result<std::vector<Inheritance>> inheritances(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  return std::vector<Inheritance>{};
}

Result<std::vector<TableName>> unfenced_children(Connection& connection, const std::string&, Deadline deadline) {
  TRY(reach(connection, deadline));
  return std::vector<TableName>{};
}

std::string PreparedTransaction::text() const {
  return gid;
}

Result<std::vector<PreparedTransaction>> prepared_transactions(Connection& connection, Deadline deadline) {
  TRY(reach(connection, deadline));
  return std::vector<PreparedTransaction>{};
}

Result<std::vector<PreparedTransaction>> copied_transactions(Connection& promoted, const std::string&,
                                                             Deadline deadline) {
  TRY(reach(promoted, deadline));
  return std::vector<PreparedTransaction>{};
}

std::string Blocker::text() const {
  return fmt::format("pid {}", pid);
}

Result<std::vector<Blocker>> writers(Connection& connection, const std::string&, const std::vector<TableName>&,
                                     Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  std::vector<Blocker> found;
  for (const auto* client : universe().writing_on(server->which)) {
    Blocker blocker;
    blocker.pid = client->id;
    blocker.transaction_age = Duration(universe().now - client->since);
    blocker.table = simulation::moved_table();
    found.push_back(blocker);
  }
  return found;
}

Result<std::vector<Blocker>> in_the_way(Connection&, const std::vector<TableName>&, Deadline) {
  return std::vector<Blocker>{};
}

Result<std::vector<Blocker>> in_the_way_of_truncate(Connection&, const std::vector<TableName>&, Deadline) {
  return std::vector<Blocker>{};
}

Result<void> terminate(Connection&, const std::vector<Blocker>&, Deadline) {
  return {};
}

std::string OpenTransaction::text() const {
  return "pid " + std::to_string(pid);
}

Result<std::vector<OpenTransaction>> open_transactions(Connection& connection, const std::vector<int>& pids,
                                                       Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  std::vector<OpenTransaction> open;
  for (const auto* client : universe().writing_on(server->which)) {
    if (std::find(pids.begin(), pids.end(), client->id) == pids.end()) continue;
    OpenTransaction one;
    one.pid = client->id;
    one.age = Duration(universe().now - client->since);
    open.push_back(one);
  }
  return open;
}

Result<std::vector<std::string>> oldest_transactions(Connection&, int, Deadline) {
  return std::vector<std::string>{};
}

// Applying is as fast here whatever was vacuumed.
Result<std::optional<std::string>> keeps_from_vacuum(Connection&, std::int64_t, Deadline) {
  return std::optional<std::string>();
}

std::int64_t Writes::rows() const {
  std::int64_t sum = 0;
  for (const auto& table : tables) sum += table.rows;
  return sum;
}

Result<Writes> writes(Connection& connection, const std::vector<TableName>& tables, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  Writes found;
  const auto rows =
      static_cast<std::int64_t>(std::count_if(server->wal.begin(), server->wal.end(), [](const auto& change) {
        return change.row && change.row->canary == nullptr;
      }));
  const bool asked = std::find(tables.begin(), tables.end(), simulation::moved_table()) != tables.end();
  if (rows > 0 && asked) found.tables.push_back({simulation::moved_table(), rows});
  found.quiet_for = std::chrono::minutes(1);
  return found;
}

// Nobody rewrites a table here.
Result<std::map<TableName, std::uint32_t>> file_nodes(Connection& connection, const std::vector<TableName>& tables,
                                                      Deadline deadline) {
  TRY(reach(connection, deadline));
  std::map<TableName, std::uint32_t> found;
  for (const auto& table : tables) found[table] = 1;
  return found;
}

Result<std::vector<Timeline>> lineage(Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach_primary(primary, deadline, simulation::not_in_recovery));
  std::vector<Timeline> found{{1, Lsn{}}};
  if (server->branched_at) found.push_back({server->timeline, Lsn{*server->branched_at}});
  return found;
}

// A replica that is stale has the history of the next timeline, as an earlier promotion wrote it.
Result<Histories> histories(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto* server, reach(connection, deadline));
  Histories found{server->timeline, {}};
  if (server->branched_at)
    found.files.push_back({server->timeline, {{1, Lsn{}}, {server->timeline, Lsn{*server->branched_at}}}});
  const bool stale = simulation::leads_to_replica(connection) && universe().patroni(server->which).replica_is_stale;
  if (stale && !server->branched_at)
    found.files.push_back({server->timeline + 1, {{1, Lsn{}}, {server->timeline + 1, Lsn{1}}}});
  return found;
}

int promotions_since_fork(const std::vector<Timeline>& server, const std::vector<Timeline>& other) {
  return static_cast<int>(server.size()) - static_cast<int>(other.size());
}

}  // namespace pgcleave::postgres
