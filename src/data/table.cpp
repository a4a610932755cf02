#include "data/table.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::data {
namespace {

Error not_walkable(const postgres::TableName& name, const std::string& what, const std::string& hint) {
  return {
      ErrorKind::invalid, "table " + name.sql(), what, "a table that holds rows, or a partitioned one", "", hint, ""};
}

const char* kind_in_words(const std::string& relkind) {
  if (relkind == "v") return "is a view";
  if (relkind == "m") return "is a materialized view";
  if (relkind == "f") return "is a foreign table";
  if (relkind == "S") return "is a sequence";
  return "is no table";
}

Result<std::vector<Leaf>> leaves_of(postgres::Connection& connection, const postgres::TableName& name,
                                    std::uint32_t oid, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT c.oid, n.nspname, c.relname, c.relkind, GREATEST(c.reltuples, 0)::int8 AS rows,
             CASE WHEN c.relkind = 'r'
               THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 END AS blocks
        FROM (SELECT relid FROM pg_catalog.pg_partition_tree($1::oid::regclass) WHERE isleaf
              UNION SELECT oid FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind = 'r') t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       ORDER BY c.oid)sql",
                                               {std::to_string(oid)}, deadline));
  std::vector<Leaf> leaves;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const postgres::TableName leaf{rows.text(row, "nspname"), rows.text(row, "relname")};
    const auto& relkind = rows.text(row, "relkind");
    if (relkind == "p") continue;  // without partitions
    if (relkind != "r")
      return fail(not_walkable(name, fmt::format("its partition {} {}", leaf.sql(), kind_in_words(relkind)),
                               "name the partitions that are tables, each in a step of its own"));
    leaves.push_back({static_cast<std::uint32_t>(rows.number(row, "oid")), leaf, rows.number(row, "blocks"),
                      rows.number(row, "rows")});
  }
  return leaves;
}

}  // namespace

std::string Key::text() const {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + column.name;
  return text;
}

const Column* Table::column(const std::string& wanted) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

Result<Table> read_table(postgres::Connection& connection, const postgres::TableName& name, Deadline deadline) {
  TRY_ASSIGN(const auto found, connection.query(R"sql(
      SELECT c.oid, c.relkind
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2)sql",
                                                {name.schema, name.name}, deadline));
  if (found.empty())
    return fail(not_walkable(name, "does not exist on " + connection.name(), "correct `table` in the runbook"));
  const auto& relkind = found.text(0, "relkind");
  if (relkind != "r" && relkind != "p")
    return fail(not_walkable(name, kind_in_words(relkind), "correct `table` in the runbook"));
  Table table;
  table.oid = static_cast<std::uint32_t>(found.number(0, "oid"));
  table.name = name;
  table.partitioned = relkind == "p";
  TRY_ASSIGN(const auto columns, connection.query(R"sql(
      SELECT a.attname, a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
             pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
             EXISTS (SELECT FROM pg_catalog.pg_partition_tree($1::oid::regclass) t
                       JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
                       JOIN pg_catalog.pg_attribute k ON k.attrelid = t.relid AND k.attnum = ANY (p.partattrs)
                      WHERE k.attname = a.attname) AS partitions
        FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum)sql",
                                                  {std::to_string(table.oid)}, deadline));
  for (std::size_t row = 0; row < columns.size(); ++row) {
    table.columns.push_back(
        {columns.text(row, "attname"), columns.boolean(row, "generated"), columns.text(row, "type")});
    if (columns.boolean(row, "partitions")) table.partition_keys.push_back(columns.text(row, "attname"));
  }
  TRY_ASSIGN(const auto parents, connection.query(R"sql(
      SELECT n.nspname, c.relname FROM pg_catalog.pg_partition_tree($1::oid::regclass) t
        JOIN pg_catalog.pg_class c ON c.oid = t.relid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE NOT t.isleaf OR c.relkind = 'p' ORDER BY t.level, c.oid)sql",
                                                  {std::to_string(table.oid)}, deadline));
  for (std::size_t row = 0; row < parents.size(); ++row)
    table.parents.push_back({parents.text(row, "nspname"), parents.text(row, "relname")});
  TRY_ASSIGN(table.leaves, leaves_of(connection, name, table.oid, deadline));
  return table;
}

Result<std::optional<Key>> read_key(postgres::Connection& connection, std::uint32_t leaf, Deadline deadline) {
  // The primary key first, then the index with the fewest columns. Of a deferrable one two rows may be equal for a
  // while, so it comes last.
  TRY_ASSIGN(const auto rows, connection.query(R"sql(
      SELECT x.index, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
        FROM (SELECT i.indexrelid, i.indrelid, i.indkey, c.relname AS index
                FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                JOIN pg_catalog.pg_am m ON m.oid = c.relam
               WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indisready
                 AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'
                 AND NOT EXISTS (SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) k(attnum)
                                   JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                                  WHERE NOT a.attnotnull)
               ORDER BY NOT i.indimmediate, NOT i.indisprimary, i.indnkeyatts, c.relname LIMIT 1) x
        JOIN pg_catalog.pg_index i ON i.indexrelid = x.indexrelid
       CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k(attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
       ORDER BY k.place)sql",
                                               {std::to_string(leaf)}, deadline));
  if (rows.empty()) return std::optional<Key>{};
  Key key;
  key.index = rows.text(0, "index");
  for (std::size_t row = 0; row < rows.size(); ++row)
    key.columns.push_back({rows.text(row, "attname"), rows.text(row, "type")});
  return std::optional<Key>{std::move(key)};
}

}  // namespace pgcleave::data
