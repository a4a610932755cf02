#include <algorithm>

#include "base/format.h"
#include "postgres/replication.h"

namespace pgcleave::postgres {
namespace {

std::string sql_list(const std::vector<TableName>& tables) {
  std::vector<std::string> texts;
  for (const auto& table : tables) texts.push_back(table.sql());
  return fmt::format("{}", fmt::join(texts, ", "));
}

const char* changes(bool open) {
  return open ? "'insert, update, delete, truncate'" : "''";
}

}  // namespace

Result<std::optional<Publication>> publication(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AS open
        FROM pg_catalog.pg_publication p
        LEFT JOIN (SELECT prpubid AS publication, prrelid AS published FROM pg_catalog.pg_publication_rel
                   UNION
                   SELECT p2.oid, g.relid FROM pg_catalog.pg_publication p2,
                          pg_catalog.pg_get_publication_tables(p2.pubname) g
                    WHERE p2.puballtables
                      OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace WHERE pnpubid = p2.oid)) r
               ON r.publication = p.oid
        LEFT JOIN pg_catalog.pg_class c ON c.oid = r.published
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE p.pubname = $1)sql",
                                               {name}, deadline));
  if (rows.empty()) return std::nullopt;
  Publication found;
  found.open = rows.boolean(0, "open");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.is_null(row, "relname")) found.tables.push_back({rows.text(row, "nspname"), rows.text(row, "relname")});
  }
  std::sort(found.tables.begin(), found.tables.end());
  return found;
}

Result<void> create_publication(Connection& primary, const std::string& name, const Publication& wanted,
                                Deadline deadline) {
  TRY_ASSIGN(const auto existing, publication(primary, name, deadline));
  auto tables = wanted.tables;
  std::sort(tables.begin(), tables.end());
  const auto list = tables.empty() ? "" : "TABLE " + sql_list(tables);
  if (!existing) {
    TRY(primary.query(fmt::format("CREATE PUBLICATION {} {} WITH (publish_via_partition_root = false, publish = {})",
                                  quote_identifier(name), list.empty() ? "" : "FOR " + list, changes(wanted.open)),
                      {}, deadline));
    return {};
  }
  if (existing->tables != tables && tables.empty()) {
    TRY(primary.query(
        fmt::format("ALTER PUBLICATION {} DROP TABLE {}", quote_identifier(name), sql_list(existing->tables)), {},
        deadline));
  } else if (existing->tables != tables) {
    TRY(primary.query(fmt::format("ALTER PUBLICATION {} SET {}", quote_identifier(name), list), {}, deadline));
  }
  return existing->open == wanted.open ? Result<void>() : open_publication(primary, name, wanted.open, deadline);
}

// Durable, whatever the role's default: rows that come from the other side later rely on it.
Result<void> open_publication(Connection& primary, const std::string& name, bool open, Deadline deadline) {
  TRY(primary.simple(fmt::format("SET LOCAL synchronous_commit TO on; ALTER PUBLICATION {} SET (publish = {})",
                                 quote_identifier(name), changes(open)),
                     deadline));
  return {};
}

Result<void> drop_publication(Connection& primary, const std::string& name, Deadline deadline) {
  TRY(primary.query("DROP PUBLICATION IF EXISTS " + quote_identifier(name), {}, deadline));
  return {};
}

}  // namespace pgcleave::postgres
