#include "init/catalog.h"

#include "base/format.h"
#include "init/login.h"

namespace pgcleave::init {

std::vector<postgres::TableName> CatalogFound::roots() const {
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) {
    if (table.kind != postgres::TableKind::partition && table.extension.empty()) names.push_back(table.name);
  }
  return names;
}

Result<postgres::Connection> log_in(const ClusterFound& cluster, const std::string& database, const Asked& asked,
                                    Deadline deadline) {
  const auto settings = login_to(cluster.leader.host, std::to_string(cluster.leader.port), database, asked.user, asked);
  auto connection = postgres::Connection::open(settings, deadline);
  if (!connection) return fail(refused_server(cluster.label(), settings, asked, connection.error()));
  TRY_ASSIGN(const auto identity, postgres::identify(*connection, deadline));
  if (identity.cluster_name == cluster.scope) return connection;
  return fail({ErrorKind::not_ready, "the leader of " + cluster.label() + " at " + settings.name,
               "belongs to another cluster", "cluster_name " + cluster.scope, "cluster_name " + identity.cluster_name,
               "Patroni's addresses have to be those of the servers, as seen from this host", ""});
}

Result<CatalogFound> read_catalog(postgres::Connection& leader, Deadline deadline) {
  CatalogFound found;
  TRY_ASSIGN(found.identity, postgres::identify(leader, deadline));
  TRY_ASSIGN(found.tables, postgres::tables(leader, deadline));
  TRY_ASSIGN(found.keys, postgres::foreign_keys(leader, deadline));
  TRY_ASSIGN(found.sequences, postgres::sequence_uses(leader, deadline));
  TRY_ASSIGN(found.inheritances, postgres::inheritances(leader, deadline));
  return found;
}

}  // namespace pgcleave::init
