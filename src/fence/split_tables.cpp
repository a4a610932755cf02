#include "fence/split_tables.h"

#include "base/format.h"
#include "fence/sql/fence_sql.h"

namespace pgcleave::fence {
namespace {

constexpr const char* source_does_not_own = "PC004";

std::string only_while_the_source_owns(const std::string& split) {
  return fmt::format("DO {}",
                     postgres::quote_literal(fmt::format(
                         R"sql(DECLARE
  seen pg_catalog.int8;
BEGIN
  SELECT last_value INTO seen FROM {owner};
  IF seen <> 1 THEN
    RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'the source does not own the split',
      DETAIL = (ARRAY['nobody', 'source', 'target'])[seen + 1];
  END IF;
END)sql",
                         fmt::arg("owner", fence_object("owner", split)), fmt::arg("code", source_does_not_own))));
}

std::string insert_sql(const std::string& split, const FrozenSplit& what) {
  std::vector<postgres::TableName> names;
  std::vector<std::string> classes;
  std::vector<std::string> oids;
  std::vector<std::string> roots;
  for (const auto& table : what.tables) {
    names.push_back(table.name);
    classes.push_back(table.of_class);
    oids.push_back(std::to_string(table.oid));
    roots.push_back(std::to_string(table.root));
  }
  const auto named = name_arrays(names);
  return fmt::format(
      "INSERT INTO pgcleave.split_frozen (split, run, epoch, text) VALUES ({split}, {run}, {epoch}, {text}); "
      "INSERT INTO pgcleave.split_tables (split, class, schema, name, relation, root) "
      "SELECT {split}, * FROM unnest({classes}::text[], {schemas}::text[], {names}::text[], {oids}::oid[], "
      "{roots}::oid[])",
      fmt::arg("split", postgres::quote_literal(split)), fmt::arg("run", postgres::quote_literal(what.run)),
      fmt::arg("epoch", what.epoch), fmt::arg("text", postgres::quote_literal(what.text)),
      fmt::arg("classes", postgres::quote_literal(postgres::array_literal(classes))),
      fmt::arg("schemas", postgres::quote_literal(named.schemas)),
      fmt::arg("names", postgres::quote_literal(named.names)),
      fmt::arg("oids", postgres::quote_literal(postgres::array_literal(oids))),
      fmt::arg("roots", postgres::quote_literal(postgres::array_literal(roots))));
}

}  // namespace

// One statement, so that head and tables are of one snapshot.
Result<std::optional<FrozenSplit>> frozen_split(postgres::Connection& connection, const std::string& split,
                                                Deadline deadline) {
  const auto rows = connection.query(
      "SELECT f.run, f.epoch, f.text, t.class, t.schema, t.name, t.relation, t.root FROM pgcleave.split_frozen f "
      "LEFT JOIN pgcleave.split_tables t ON t.split = f.split WHERE f.split = $1 ORDER BY t.relation",
      {split}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::nullopt;
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::nullopt;
  FrozenSplit found{rows->text(0, "run"), static_cast<int>(rows->number(0, "epoch")), rows->text(0, "text"), {}};
  for (std::size_t row = 0; row < rows->size(); ++row) {
    if (rows->is_null(row, "relation")) continue;
    found.tables.push_back({static_cast<std::uint32_t>(rows->number(row, "relation")),
                            {rows->text(row, "schema"), rows->text(row, "name")},
                            rows->text(row, "class"),
                            static_cast<std::uint32_t>(rows->number(row, "root"))});
  }
  return found;
}

Result<void> freeze_split(postgres::Connection& primary, const std::string& split,
                          const std::optional<FrozenSplit>& what, Deadline deadline) {
  const auto done =
      primary.simple(fmt::format("SELECT {}; {}; DELETE FROM pgcleave.split_frozen WHERE split = {}{}",
                                 split_lock_sql(split), only_while_the_source_owns(split),
                                 postgres::quote_literal(split), what ? "; " + insert_sql(split, *what) : ""),
                     deadline);
  if (done) return {};
  auto error = done.error();
  if (error.code != source_does_not_own) return fail(error);
  return fail({ErrorKind::conflict, fmt::format("split {} on {}", split, primary.name()),
               "its tables can't be written down: the split is being done, or was", "owner source",
               "owner " + error.seen, "see: pgcleave status", error.code});
}

Result<std::vector<std::string>> fenced_by_others(postgres::Connection& connection, const std::string& split,
                                                  const std::vector<postgres::TableName>& tables, Deadline deadline) {
  const auto named = name_arrays(tables);
  TRY_ASSIGN(const postgres::Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, pg_catalog.string_agg(t.tgname, ', ' ORDER BY t.tgname) AS triggers
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS wanted(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
        JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid
        JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
       WHERE pn.nspname = 'pgcleave' AND p.proname LIKE 'fence\_%' AND p.proname NOT LIKE 'fence\_kept\_%'
         AND p.proname <> 'fence_' || $3
       GROUP BY 1, 2 ORDER BY 1, 2)sql",
                                                         {named.schemas, named.names, split}, deadline));
  std::vector<std::string> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const postgres::TableName table{rows.text(row, "nspname"), rows.text(row, "relname")};
    found.push_back(fmt::format("{} (trigger {})", table.sql(), rows.text(row, "triggers")));
  }
  return found;
}

Result<std::string> run_that_split(postgres::Connection& connection, const std::string& split, Deadline deadline) {
  const auto rows = connection.query(
      "SELECT run FROM pgcleave.ownership_log WHERE split = $1 AND expected = 0 AND next = 2 ORDER BY id DESC LIMIT 1",
      {split}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::string();
  if (!rows) return fail(rows.error());
  return rows->empty() ? std::string() : rows->text(0, "run");
}

}  // namespace pgcleave::fence
