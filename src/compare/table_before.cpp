#include "compare/table_before.h"

#include <optional>

#include "base/fields.h"
#include "base/format.h"

namespace pgcleave::compare {
namespace {

// Its file (TRUNCATE, rewrites), its columns by number and type, what rows lack that were written before a column was
// added, and the labels of all enums: what can change a value that nobody writes. Types of others than PostgreSQL, and
// names of objects (regclass), may be written otherwise one day; a virtual column is not stored at all.
constexpr const char* form_sql = R"sql(
SELECT n.nspname, c.relname, pg_catalog.concat_ws(' ', c.oid, pg_catalog.pg_relation_filenode(c.oid), pg_catalog.md5(
         (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod,
                   a.attcollation, a.attisdropped, a.attgenerated, a.attmissingval::text), ';' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)), pg_catalog.md5(
         (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', e.oid, e.enumtypid, e.enumlabel), ';' ORDER BY e.oid)
            FROM pg_catalog.pg_enum e))) AS form,
       (SELECT am.amname FROM pg_catalog.pg_am am WHERE am.oid = c.relam) AS stored,
       (SELECT pg_catalog.string_agg(a.attname, ', ' ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
          JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem
                                                    ELSE t.oid END
          JOIN pg_catalog.pg_type b ON b.oid = CASE e.typtype WHEN 'd' THEN e.typbasetype ELSE e.oid END
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND (a.attgenerated NOT IN ('', 's')
                OR NOT (b.typtype = 'e' OR b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
                        AND b.typtype IN ('b', 'r', 'm') AND b.typname !~ '^(reg|aclitem)'))) AS unproven
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[]::name[], $2::text[]::name[])))sql";

Json end_of(const std::optional<std::string>& key) {
  return key ? Json(*key) : Json(nullptr);
}

}  // namespace

Json TableBefore::json() const {
  Json list = Json::array();
  for (const auto& one : blocks) list.push_back(Json::array({end_of(one.block.to), one.rows}));
  return {{"by", by},
          {"began_at_us", began_at_us},
          {"original", horizons.original.json()},
          {"copy", horizons.copy.json()},
          {"form", form},
          {"blocks", list}};
}

TableBefore table_before_in(const Json& json) {
  TableBefore table;
  if (!json.is_object()) return table;
  table.by = text_in(json, "by");
  table.began_at_us = whole_in(json, "began_at_us");
  table.horizons = {horizon_in(object_in(json, "original")), horizon_in(object_in(json, "copy"))};
  table.form = text_in(json, "form");
  std::optional<std::string> after;
  for (const auto& one : list_in(json, "blocks")) {
    const bool fits =
        one.is_array() && one.size() == 2 && (one[0].is_string() || one[0].is_null()) && one[1].is_number_integer();
    if (!fits) return TableBefore{};
    const auto to = one[0].is_string() ? std::optional(one[0].get<std::string>()) : std::nullopt;
    table.blocks.push_back({{after, to}, one[1].get<std::int64_t>()});
    after = to;
  }
  table.blocks = chain_of(table.blocks);
  return table;
}

Result<Forms> read_forms(postgres::Connection& connection, const std::vector<postgres::TableName>& tables,
                         Deadline deadline) {
  const auto named = postgres::name_arrays(tables);
  TRY_ASSIGN(const auto rows, connection.query(form_sql, {named.schemas, named.names}, deadline));
  Forms forms;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Form form{rows.text(row, "form"), ""};
    if (const auto stored = rows.text(row, "stored"); stored != "heap") form.unproven = "it is stored as " + stored;
    if (!rows.is_null(row, "unproven"))
      form.unproven = "values may change without being written in " + rows.text(row, "unproven");
    forms[{rows.text(row, "nspname"), rows.text(row, "relname")}] = form;
  }
  return forms;
}

std::vector<BlockBefore> chain_of(const std::vector<BlockBefore>& blocks) {
  std::map<std::optional<std::string>, const BlockBefore*> by_begin;
  for (const auto& one : blocks) by_begin[one.block.after] = &one;
  std::vector<BlockBefore> chain;
  std::optional<std::string> after;
  while (chain.size() < blocks.size()) {
    const auto found = by_begin.find(after);
    if (found == by_begin.end()) return {};
    chain.push_back(*found->second);
    after = found->second->block.to;
    if (!after) break;
  }
  return chain.size() == blocks.size() && !chain.empty() && !after ? chain : std::vector<BlockBefore>();
}

Result<TablesBefore> read_tables_before(postgres::Connection& original, Deadline deadline) {
  const auto rows = original.query("SELECT schema, name, state FROM pgcleave.compared_before", {}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return TablesBefore();
  if (!rows) return fail(rows.error());
  TablesBefore tables;
  for (std::size_t row = 0; row < rows->size(); ++row)
    tables[{rows->text(row, "schema"), rows->text(row, "name")}] =
        table_before_in(Json::parse(rows->text(row, "state"), nullptr, false));
  return tables;
}

Result<void> keep_tables_before(postgres::Connection& primary, const TablesBefore& tables, Deadline deadline) {
  TRY(primary.simple("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", deadline));
  for (const auto& [name, table] : tables) {
    TRY(
        primary.query("INSERT INTO pgcleave.compared_before (schema, name, state) VALUES ($1, $2, $3) ON CONFLICT "
                      "(schema, name) DO UPDATE SET state = excluded.state",
                      {name.schema, name.name, to_text(table.json())}, deadline));
  }
  TRY(primary.simple("COMMIT", deadline));
  return {};
}

}  // namespace pgcleave::compare
