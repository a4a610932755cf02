#include "fence/sql/stale_tables.h"

#include <map>

#include "base/format.h"
#include "fence/sql/fence_sql.h"

namespace pgcleave::fence {
namespace {

template <class Number>
std::string array_of(const std::vector<Number>& numbers) {
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

std::string why_not(const postgres::Rows& rows, std::size_t row, const StaleProof& proof) {
  const auto name = [&](const char* schema, const char* table) {
    return postgres::TableName{rows.text(row, schema), rows.text(row, table)}.sql();
  };
  const auto kind = rows.text(row, "kind");
  if (kind != "r" && kind != "p") return "its rows are not in this database";
  if (!rows.is_null(row, "fences")) return "it carries the fence of another split: trigger " + rows.text(row, "fences");
  if (!rows.is_null(row, "splits")) return "it was moved by split " + rows.text(row, "splits");
  if (rows.is_null(row, "class"))
    return rows.boolean(row, "remade") ? "it is not the table of this name that was split, but came after it"
                                       : "it came after the split";
  if (rows.text(row, "class") != proof.which)
    return fmt::format("it was {} when it was split", rows.text(row, "class"));
  if (name("was_schema", "was_name") != name("schema", "name"))
    return fmt::format("it was {} when it was split", name("was_schema", "was_name"));
  if (rows.number(row, "root") != rows.number(row, "was_root") && rows.number(row, "root") != rows.number(row, "oid"))
    return fmt::format("it has become a partition of {} since the split", name("root_schema", "root_name"));
  if (!rows.boolean(row, "fenced"))
    return "its fence trigger is missing, changed or disabled, so it may have been written";
  return "";
}

}  // namespace

Result<std::vector<StaleTable>> prove_stale(postgres::Connection& connection, const StaleProof& proof,
                                            const std::vector<std::uint32_t>& oids, Deadline deadline) {
  const auto function = fence_object(proof.which == "moved" ? "fence" : "fence_kept", proof.split) + "()";
  // tgtype 62: before, for each statement, of insert, delete, update and truncate (catalog/pg_trigger.h).
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, r.oid AS root,
             rn.nspname AS root_schema, r.relname AS root_name,
             f.class, f.schema AS was_schema, f.name AS was_name, f.root AS was_root,
             EXISTS (SELECT FROM pgcleave.split_tables o
                      WHERE o.split = $2 AND o.schema = n.nspname AND o.name = c.relname
                        AND o.relation <> c.oid) AS remade,
             EXISTS (SELECT FROM pg_catalog.pg_trigger t
                      WHERE t.tgrelid = c.oid AND t.tgfoid = pg_catalog.to_regprocedure($4) AND t.tgenabled = 'O'
                        AND t.tgtype = 62 AND t.tgqual IS NULL AND t.tgattr::text = '') AS fenced,
             (SELECT pg_catalog.string_agg(t.tgname, ', ' ORDER BY t.tgname) FROM pg_catalog.pg_trigger t
                JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
               WHERE t.tgrelid = c.oid AND pn.nspname = 'pgcleave' AND p.proname LIKE 'fence\_%'
                     AND p.proname NOT IN ('fence_' || $2, 'fence_kept_' || $2)) AS fences,
             (SELECT pg_catalog.string_agg(o.split, ', ' ORDER BY o.split) FROM pgcleave.split_tables o
               WHERE o.relation = c.oid AND o.split <> $2 AND o.class = 'moved') AS splits
        FROM unnest($1::oid[]) AS wanted(oid)
        JOIN pg_catalog.pg_class c ON c.oid = wanted.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_class r ON r.oid = COALESCE(pg_catalog.pg_partition_root(c.oid), c.oid)
        JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
        LEFT JOIN (pgcleave.split_frozen h JOIN pgcleave.split_tables f
                     ON f.split = h.split AND h.split = $2 AND h.run = $3)
               ON f.relation = c.oid
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql",
                                                         {array_of(oids), proof.split, proof.run, function}, deadline));
  std::vector<StaleTable> tables;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    tables.push_back({static_cast<std::uint32_t>(rows.number(row, "oid")),
                      {rows.text(row, "schema"), rows.text(row, "name")},
                      why_not(rows, row, proof)});
  }
  return tables;
}

Result<std::vector<std::string>> missing_here(postgres::Connection& connection, const std::vector<StaleTable>& tables,
                                              const std::string& side, Deadline deadline) {
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) names.push_back(table.name);
  const auto named = name_arrays(names);
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, c.oid
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c
          ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind IN ('r', 'p'))sql",
                                                         {named.schemas, named.names}, deadline));
  std::map<postgres::TableName, std::uint32_t> there;
  for (std::size_t row = 0; row < rows.size(); ++row)
    there[{rows.text(row, "nspname"), rows.text(row, "relname")}] = static_cast<std::uint32_t>(rows.number(row, "oid"));
  std::vector<std::string> why;
  for (const auto& table : tables) {
    const auto found = there.find(table.name);
    why.push_back(found == there.end() ? "it does not exist on " + side
                  : found->second != table.oid
                      ? fmt::format("on {} it is not the table that was split, but came after it", side)
                      : "");
  }
  return why;
}

}  // namespace pgcleave::fence
