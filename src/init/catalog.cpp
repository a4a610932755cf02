#include "init/catalog.h"

#include "base/format.h"
#include "init/login.h"
#include "postgres/names_in_code.h"

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
  TRY_ASSIGN(found.statements, checks::seen_statements(leader, deadline));
  return found;
}

std::set<postgres::TableName> tables_in(const std::string& statement, const CatalogFound& catalog) {
  std::set<postgres::TableName> found;
  for (const auto& mention : postgres::names_in_sql(statement).relations) {
    const postgres::Table* meant = nullptr;
    std::size_t of_that_name = 0;
    for (const auto& table : catalog.tables) {
      if (table.name.name != mention.name) continue;
      ++of_that_name;
      const bool exact = table.name.schema == (mention.schema.empty() ? "public" : mention.schema);
      if (exact || (mention.schema.empty() && meant == nullptr)) meant = &table;
      if (exact) of_that_name = 1;
      if (exact) break;
    }
    if (meant != nullptr && of_that_name == 1 && meant->extension.empty()) found.insert(meant->root);
  }
  return found;
}

}  // namespace pgcleave::init
