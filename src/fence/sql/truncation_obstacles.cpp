#include <set>

#include "base/format.h"
#include "fence/sql/truncation.h"

namespace pgcleave::fence {
namespace {

using Sentences = std::vector<std::string>;

postgres::NameArrays named(const std::vector<postgres::Table>& tables) {
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) names.push_back(table.name);
  return name_arrays(names);
}

Result<void> foreign_keys_from_outside(postgres::Connection& connection, const std::vector<postgres::Table>& tables,
                                       Sentences& found, Deadline deadline) {
  TRY_ASSIGN(const auto keys, foreign_keys(connection, deadline));
  std::set<postgres::TableName> roots;
  for (const auto& table : tables) roots.insert(table.root);
  for (const auto& key : keys) {
    if (!roots.contains(key.to) || roots.contains(key.from)) continue;
    found.push_back(fmt::format("{} stays and refers to {} by foreign key {}: ALTER TABLE {} DROP CONSTRAINT {}",
                                key.from.sql(), key.to.sql(), key.name, key.from.sql(),
                                postgres::quote_identifier(key.name)));
  }
  return {};
}

// A publication alone carries nothing: somebody must read a slot of this database.
Result<void> publications(postgres::Connection& connection, const postgres::NameArrays& lists,
                          const std::string& ending, Sentences& found, Deadline deadline) {
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT p.pubname, pg_catalog.count(*) AS tables,
             (SELECT pg_catalog.string_agg(slot_name, ', ' ORDER BY slot_name) FROM pg_catalog.pg_replication_slots
               WHERE database = pg_catalog.current_database()) AS slots
        FROM pg_catalog.pg_publication p
        JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
       WHERE p.pubtruncate AND p.pubname <> ALL ($3::text[])
         AND (t.schemaname, t.tablename) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[]))
       GROUP BY p.pubname ORDER BY p.pubname)sql",
                                                         {lists.schemas, lists.names, ending}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.is_null(row, "slots")) continue;
    found.push_back(fmt::format(
        "publication {0} would carry TRUNCATE of {1} of the tables to the reader of slot {2}: take them out of it, or "
        "ALTER PUBLICATION {3} SET (publish = 'insert, update, delete')",
        rows.text(row, "pubname"), rows.number(row, "tables"), rows.text(row, "slots"),
        postgres::quote_identifier(rows.text(row, "pubname"))));
  }
  return {};
}

Result<void> subscriptions(postgres::Connection& connection, const postgres::NameArrays& lists,
                           const std::string& ending, Sentences& found, Deadline deadline) {
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT s.subname, pg_catalog.count(*) AS tables
        FROM pg_catalog.pg_subscription s
        JOIN pg_catalog.pg_subscription_rel r ON r.srsubid = s.oid
        JOIN pg_catalog.pg_class c ON c.oid = r.srrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE s.subenabled AND s.subname <> ALL ($3::text[])
         AND (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[]))
       GROUP BY s.subname ORDER BY s.subname)sql",
                                                         {lists.schemas, lists.names, ending}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back(fmt::format("subscription {} writes {} of the tables and would fill them again: end it",
                                rows.text(row, "subname"), rows.number(row, "tables")));
  }
  return {};
}

// TRUNCATE of the partitioned table would reach through it, to another server.
Result<void> foreign_tables(postgres::Connection& connection, const std::vector<postgres::Table>& tables,
                            Sentences& found, Deadline deadline) {
  std::vector<postgres::Table> partitioned;
  for (const auto& table : tables) {
    if (table.kind == postgres::TableKind::partitioned) partitioned.push_back(table);
  }
  const auto lists = named(partitioned);
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace rn ON rn.nspname = wanted.schema
        JOIN pg_catalog.pg_class r ON r.relnamespace = rn.oid AND r.relname = wanted.name
       CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) t
        JOIN pg_catalog.pg_class c ON c.oid = t.relid AND c.relkind = 'f'
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       ORDER BY 1, 2)sql",
                                                         {lists.schemas, lists.names}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const postgres::TableName table{rows.text(row, "nspname"), rows.text(row, "relname")};
    found.push_back(fmt::format("partition {} is a foreign table, whose rows are elsewhere: detach it", table.sql()));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> obstacles_to_truncation(postgres::Connection& connection,
                                                         const std::vector<postgres::Table>& tables,
                                                         const std::vector<std::string>& ending, Deadline deadline) {
  Sentences found;
  const auto lists = named(tables);
  TRY(foreign_keys_from_outside(connection, tables, found, deadline));
  TRY(publications(connection, lists, postgres::array_literal(ending), found, deadline));
  TRY(subscriptions(connection, lists, postgres::array_literal(ending), found, deadline));
  TRY(foreign_tables(connection, tables, found, deadline));
  return found;
}

}  // namespace pgcleave::fence
