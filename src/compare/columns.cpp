#include "compare/columns.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "data/walk.h"

namespace pgcleave::compare {
namespace {

// Types of pg_catalog whose hash is one of all that the value holds; the others of this table lack something in it, and
// are hashed as the bytes that they are sent by: int8 and what is stored as one are folded to 32 bits, float8 takes 0
// and -0 for equal, numeric 1.0 and 1.00, interval 1 day and 24 hours (hashfunc.c, 15).
const std::map<std::string, std::string> hashed_by{{"bool", ""},
                                                   {"char", ""},
                                                   {"int2", ""},
                                                   {"int4", ""},
                                                   {"oid", ""},
                                                   {"date", ""},
                                                   {"uuid", ""},
                                                   {"bytea", ""},
                                                   {"inet", ""},
                                                   {"cidr", ""},
                                                   {"macaddr", ""},
                                                   {"int8", "int8send"},
                                                   {"float4", "float4send"},
                                                   {"float8", "float8send"},
                                                   {"numeric", "numeric_send"},
                                                   {"timestamp", "timestamp_send"},
                                                   {"timestamptz", "timestamptz_send"},
                                                   {"time", "time_send"},
                                                   {"timetz", "timetz_send"},
                                                   {"interval", "interval_send"},
                                                   {"money", "cash_send"},
                                                   {"bpchar", "bpcharsend"},
                                                   {"pg_lsn", "pg_lsn_send"}};
const std::set<std::string> kinds_of_text{"text", "varchar", "name"};
// Whose cast to text is what their output functions write.
const std::set<std::string> written_by_cast{"json", "jsonb"};
// A row expression and an argument list have at most 1,664 entries (PostgreSQL 15).
constexpr std::size_t most_in_a_row = 500;
constexpr std::int64_t blocks_worth_asking = 1000;

std::string of_row(const std::string& name) {
  return "row." + postgres::quote_identifier(name);
}

// All that sorts the same way on every server, as long as a text's collation does.
bool is_sorted_by_value(const std::string& base) {
  return hashed_by.contains(base) || kinds_of_text.contains(base);
}

const Column* find_column(const std::vector<Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

// Two servers may sort an enum, or a text by another version of its collation, differently.
bool sort_alike(const data::Key& key, const Shape& original, const Shape& copy) {
  return std::all_of(key.columns.begin(), key.columns.end(), [&](const auto& part) {
    const auto* here = find_column(original.columns, part.name);
    const auto* there = find_column(copy.columns, part.name);
    return here->type == there->type && is_sorted_by_value(here->base) && here->order == there->order;
  });
}

// None where one side lacks a column of it.
void choose_key(ComparedTable& table, const Shape& original, const Shape& copy) {
  const bool both_have_it =
      original.key && std::all_of(original.key->columns.begin(), original.key->columns.end(),
                                  [&](const auto& part) { return find_column(copy.columns, part.name) != nullptr; });
  if (!both_have_it) return;
  table.key = *original.key;
  table.sorted_alike = sort_alike(table.key, original, copy);
}

constexpr const char* columns_sql = R"sql(
      SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated <> '' AS generated,
             a.attidentity = 'a' AS identity_always,
             (WITH RECURSIVE b AS (
                SELECT t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype
                  FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
                UNION ALL
                SELECT t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype
                  FROM b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd')
              SELECT b.typname FROM b
               WHERE b.typtype <> 'd' AND b.typnamespace = 'pg_catalog'::regnamespace) AS base,
             CASE WHEN a.attcollation = 0 THEN ''
                  WHEN a.attcollation = 'pg_catalog.default'::regcollation THEN
                  (SELECT concat_ws(' ', to_jsonb(d) ->> 'datlocprovider', d.datcollate, to_jsonb(d) ->> 'daticulocale',
                                    to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticurules',
                                    pg_catalog.pg_database_collation_actual_version(d.oid))
                     FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                  ELSE
                  (SELECT concat_ws(' ', c.collprovider, c.collcollate, to_jsonb(c) ->> 'colliculocale',
                                    to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'collicurules',
                                    CASE WHEN NOT c.collisdeterministic THEN 'nondeterministic' END,
                                    pg_catalog.pg_collation_actual_version(c.oid))
                     FROM pg_catalog.pg_collation c WHERE c.oid = a.attcollation)
             END AS sorted
        FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum)sql";

}  // namespace

Result<Shape> read_shape(postgres::Connection& connection, const postgres::TableName& table, Deadline deadline) {
  TRY_ASSIGN(const auto found, connection.query(R"sql(
      SELECT c.oid, c.relkind, c.relpersistence = 'u' AS unlogged, GREATEST(c.reltuples, 0)::int8 AS rows,
             COALESCE(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::int8 AS blocks
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))sql",
                                                {table.schema, table.name}, deadline));
  Shape shape;
  if (found.empty()) return shape;
  shape.kind = found.text(0, "relkind");
  shape.unlogged = found.boolean(0, "unlogged");
  const auto oid = found.text(0, "oid");
  shape.leaf = data::Leaf{static_cast<std::uint32_t>(found.number(0, "oid")), table, found.number(0, "blocks"),
                          found.number(0, "rows")};
  TRY_ASSIGN(const auto columns, connection.query(columns_sql, {oid}, deadline));
  for (std::size_t row = 0; row < columns.size(); ++row) {
    shape.columns.push_back({columns.text(row, "attname"), columns.text(row, "type"), columns.text(row, "base"),
                             columns.text(row, "sorted"), columns.boolean(row, "generated"),
                             columns.boolean(row, "identity_always")});
  }
  TRY_ASSIGN(shape.key, data::read_key(connection, shape.leaf->oid, deadline));
  if (shape.key && shape.leaf->blocks >= blocks_worth_asking) {
    TRY_ASSIGN(const auto order,
               connection.query(R"sql(
      SELECT pg_catalog.abs(correlation) < 0.5 AS scattered FROM pg_catalog.pg_stats
       WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited AND correlation IS NOT NULL)sql",
                                {table.schema, table.name, shape.key->columns.front().name}, deadline));
    shape.scattered = !order.empty() && order.boolean(0, "scattered");
  }
  return shape;
}

ComparedTable compared(const postgres::TableName& name, const Shape& original, const Shape& copy,
                       const Labels& labels) {
  ComparedTable table;
  table.name = name;
  if (!original.leaf || !copy.leaf) {
    table.why_not = original.leaf ? "it is on " + labels.original + " only"
                    : copy.leaf   ? "it is on " + labels.copy + " only"
                                  : "it is on neither side";
    return table;
  }
  if (original.kind != "r" || copy.kind != "r") {
    table.why_not = "it is no table that holds rows of its own on both sides";
    return table;
  }
  // Of a standby it can't even be read.
  if (original.unlogged || copy.unlogged) {
    table.why_not = "it is unlogged: nothing carries its rows";
    return table;
  }
  table.leaf = *original.leaf;
  table.scattered = original.scattered;
  for (const auto& column : original.columns) {
    const auto* there = find_column(copy.columns, column.name);
    if (there == nullptr) {
      table.notes.push_back(fmt::format("column {} is on {} only", column.name, labels.original));
      continue;
    }
    table.columns.push_back(column);
    if (there->base != column.base) table.columns.back().base = "";  // then by its text
    if (there->type != column.type)
      table.notes.push_back(fmt::format("column {} is {} on {} and {} on {}", column.name, column.type, labels.original,
                                        there->type, labels.copy));
  }
  for (const auto& column : copy.columns) {
    if (find_column(original.columns, column.name) == nullptr)
      table.notes.push_back(fmt::format("column {} is on {} only", column.name, labels.copy));
  }
  choose_key(table, original, copy);
  return table;
}

std::string row_hash_sql(const std::vector<Column>& columns, std::int64_t seed) {
  std::vector<std::string> values;
  std::vector<std::string> written;  // as text, by the types' output functions
  for (const auto& column : columns) {
    const auto value = of_row(column.name);
    const auto found = hashed_by.find(column.base);
    const bool cast = written_by_cast.contains(column.base);
    if (columns.size() > most_in_a_row || (found == hashed_by.end() && !cast && !kinds_of_text.contains(column.base))) {
      written.push_back(value);
    } else if (cast) {
      values.push_back(value + "::text COLLATE \"C\"");
    } else if (found == hashed_by.end()) {
      values.push_back(value + " COLLATE \"C\"");
    } else {
      values.push_back(found->second.empty() ? value : fmt::format("pg_catalog.{}({})", found->second, value));
    }
  }
  for (std::size_t from = 0; from < written.size(); from += most_in_a_row) {
    const auto to = std::min(from + most_in_a_row, written.size());
    const std::vector<std::string> some(written.begin() + static_cast<std::ptrdiff_t>(from),
                                        written.begin() + static_cast<std::ptrdiff_t>(to));
    values.push_back(fmt::format("ROW({})::text COLLATE \"C\"", fmt::join(some, ", ")));
  }
  return fmt::format("pg_catalog.hash_record_extended(ROW({}), {})", fmt::join(values, ", "), seed);
}

std::string key_text_sql(const ComparedTable& table, std::int64_t seed) {
  if (!table.key.columns.empty()) return data::key_text_sql(table.key);
  return fmt::format("pg_catalog.json_build_array({}::text)::text", row_hash_sql(table.columns, seed));
}

std::string key_hash_sql(const ComparedTable& table, std::int64_t seed) {
  std::vector<Column> columns;
  for (const auto& part : table.key.columns) columns.push_back(*find_column(table.columns, part.name));
  return row_hash_sql(columns.empty() ? table.columns : columns, seed);
}

}  // namespace pgcleave::compare
