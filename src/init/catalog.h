// What the source's catalog says of tables, and what ties them together.
#pragma once

#include <set>

#include "checks/seen_statements.h"
#include "init/cluster.h"
#include "postgres/catalog.h"
#include "postgres/dependencies.h"
#include "postgres/identity.h"
#include "postgres/sequence_uses.h"
#include "postgres/sql/foreign_keys.h"

namespace pgcleave::init {

struct CatalogFound {
  postgres::Identity identity;
  std::vector<postgres::Table> tables;  // with partitions
  std::vector<postgres::ForeignKey> keys;
  std::vector<postgres::SequenceUse> sequences;
  std::vector<postgres::Inheritance> inheritances;
  checks::SeenStatements statements;  // of pg_stat_statements, where it is there

  [[nodiscard]] std::vector<postgres::TableName> roots() const;  // without partitions and tables of extensions
};

// Reads only. `not_ready`: nobody could log in to the cluster's leader, with what to type.
Result<postgres::Connection> log_in(const ClusterFound& cluster, const std::string& database, const Asked& asked,
                                    Deadline deadline);
Result<CatalogFound> read_catalog(postgres::Connection& leader, Deadline deadline);

// The tables that a statement names, partitions as their root. Asks nobody. A name without a schema is public's, or the
// only one there is.
std::set<postgres::TableName> tables_in(const std::string& statement, const CatalogFound& catalog);

}  // namespace pgcleave::init
