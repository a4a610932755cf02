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

}  // namespace

Result<std::optional<std::vector<TableName>>> publication(Connection& connection, const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_publication p
        LEFT JOIN (SELECT prpubid AS publication, prrelid AS published FROM pg_catalog.pg_publication_rel
                   UNION
                   SELECT p2.oid, g.relid FROM pg_catalog.pg_publication p2, pg_catalog.pg_get_publication_tables(p2.pubname) g
                    WHERE p2.puballtables OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace WHERE pnpubid = p2.oid)) r
               ON r.publication = p.oid
        LEFT JOIN pg_catalog.pg_class c ON c.oid = r.published
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE p.pubname = $1
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql",
                                               {name}, deadline));
  if (rows.empty()) return std::nullopt;
  std::vector<TableName> tables;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.is_null(row, "relname")) tables.push_back({rows.text(row, "nspname"), rows.text(row, "relname")});
  }
  return tables;
}

Result<void> create_publication(Connection& primary, const std::string& name, const std::vector<TableName>& tables, Deadline deadline) {
  TRY_ASSIGN(const auto existing, publication(primary, name, deadline));
  auto wanted = tables;
  std::sort(wanted.begin(), wanted.end());
  if (existing && *existing == wanted) return {};
  const auto list = wanted.empty() ? "" : "TABLE " + sql_list(wanted);
  if (!existing) {
    TRY(primary.query(fmt::format("CREATE PUBLICATION {} {} WITH (publish_via_partition_root = false)", quote_identifier(name),
                                  list.empty() ? "" : "FOR " + list),
                      {}, deadline));
    return {};
  }
  if (wanted.empty()) {
    TRY(primary.query(fmt::format("ALTER PUBLICATION {} DROP TABLE {}", quote_identifier(name), sql_list(*existing)), {}, deadline));
    return {};
  }
  TRY(primary.query(fmt::format("ALTER PUBLICATION {} SET {}", quote_identifier(name), list), {}, deadline));
  return {};
}

Result<void> drop_publication(Connection& primary, const std::string& name, Deadline deadline) {
  TRY(primary.query("DROP PUBLICATION IF EXISTS " + quote_identifier(name), {}, deadline));
  return {};
}

}  // namespace pgcleave::postgres
