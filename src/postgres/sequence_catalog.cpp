#include "postgres/sequence_catalog.h"

namespace pgcleave::postgres {
namespace {

constexpr auto all_sequences_sql = R"sql(
  SELECT n.nspname, c.relname, tn.nspname AS owner_schema, t.relname AS owner_name,
         EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid
                    AND e.deptype = 'e') AS of_extension
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_depend o
      ON o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
     AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.refobjsubid > 0
    LEFT JOIN pg_catalog.pg_class t ON t.oid = o.refobjid
    LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
   WHERE c.relkind = 'S' AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave')
   ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql";

// What hangs on a table or view, and what that depends on.
constexpr auto ties_sql = R"sql(
  WITH parts AS (
    SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass AS class, oid, adrelid AS relation, false AS view
      FROM pg_catalog.pg_attrdef
     UNION ALL
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, oid, tgrelid, false FROM pg_catalog.pg_trigger
      WHERE NOT tgisinternal
     UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, oid, ev_class, ev_type = '1' FROM pg_catalog.pg_rewrite
     UNION ALL
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, oid, polrelid, false FROM pg_catalog.pg_policy
     UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, oid, conrelid, false FROM pg_catalog.pg_constraint
      WHERE contype = 'c' AND conrelid <> 0
     UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, a.attrelid, false
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid
      WHERE t.typtype = 'd' AND a.attnum > 0),
  named AS (
    SELECT c.oid, c.relkind, n.nspname, c.relname
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave')),
  functions AS (
    SELECT p.oid, n.nspname, p.proname
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave'))
  SELECT 'r' AS "from", r.nspname AS from_schema, r.relname AS from_name,
         CASE u.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS "to",
         u.nspname AS to_schema, u.relname AS to_name
    FROM parts p
    JOIN pg_catalog.pg_depend d ON d.classid = p.class AND d.objid = p.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN named r ON r.oid = p.relation
    JOIN named u ON u.oid = d.refobjid
   WHERE u.relkind = 'S' OR (p.view AND u.oid <> r.oid)
   UNION
  SELECT 'r', r.nspname, r.relname, 'f', f.nspname, f.proname
    FROM parts p
    JOIN pg_catalog.pg_depend d ON d.classid = p.class AND d.objid = p.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    JOIN named r ON r.oid = p.relation
    JOIN functions f ON f.oid = d.refobjid
   UNION
  SELECT 'f', f.nspname, f.proname, 'S', u.nspname, u.relname
    FROM functions f
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN named u ON u.oid = d.refobjid AND u.relkind = 'S')sql";

// 1079 is regclass(text), 3495 to_regclass(text). A constant that was a regclass from the beginning is a dependency.
// PostgreSQL's own views have OIDs below 16384.
constexpr auto textual_sql = R"sql(
  WITH found AS (
    SELECT adrelid AS relation, 'SELECT ' || pg_catalog.pg_get_expr(adbin, adrelid) AS sql
      FROM pg_catalog.pg_attrdef WHERE adbin::text LIKE '%:funcid 1079 %' OR adbin::text LIKE '%:funcid 3495 %'
     UNION ALL
    SELECT ev_class, pg_catalog.pg_get_ruledef(oid)
      FROM pg_catalog.pg_rewrite
     WHERE ev_class >= 16384 AND (ev_action::text LIKE '%:funcid 1079 %' OR ev_action::text LIKE '%:funcid 3495 %')
     UNION ALL
    SELECT a.attrelid, 'SELECT ' || t.typdefault
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid
     WHERE t.typtype = 'd' AND a.attnum > 0
       AND (t.typdefaultbin::text LIKE '%:funcid 1079 %' OR t.typdefaultbin::text LIKE '%:funcid 3495 %'))
  SELECT n.nspname, c.relname, f.sql
    FROM found f
    JOIN pg_catalog.pg_class c ON c.oid = f.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave'))sql";

constexpr auto relations_sql = R"sql(
  SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave'))sql";

}  // namespace

Result<SequenceCatalog> sequence_catalog(Connection& connection, Deadline deadline) {
  SequenceCatalog catalog;
  TRY_ASSIGN(const auto all, connection.query(all_sequences_sql, {}, deadline));
  for (std::size_t row = 0; row < all.size(); ++row) {
    SequenceEntry entry;
    entry.name = {all.text(row, "nspname"), all.text(row, "relname")};
    if (!all.is_null(row, "owner_name"))
      entry.owner = TableName{all.text(row, "owner_schema"), all.text(row, "owner_name")};
    entry.of_extension = all.boolean(row, "of_extension");
    catalog.sequences.push_back(std::move(entry));
  }
  if (catalog.sequences.empty()) return catalog;
  TRY_ASSIGN(const auto ties, connection.query(ties_sql, {}, deadline));
  for (std::size_t row = 0; row < ties.size(); ++row) {
    const auto to = ties.text(row, "to");
    catalog.ties.push_back({{ties.text(row, "from_schema"), ties.text(row, "from_name")},
                            ties.text(row, "from") == "f",
                            to == "S"   ? Tie::To::sequence
                            : to == "f" ? Tie::To::function
                                        : Tie::To::relation,
                            {ties.text(row, "to_schema"), ties.text(row, "to_name")}});
  }
  TRY_ASSIGN(const auto textual, connection.query(textual_sql, {}, deadline));
  for (std::size_t row = 0; row < textual.size(); ++row) {
    catalog.textual.push_back({{textual.text(row, "nspname"), textual.text(row, "relname")}, textual.text(row, "sql")});
  }
  TRY_ASSIGN(catalog.programs, programs(connection, deadline));
  TRY_ASSIGN(const auto relations, connection.query(relations_sql, {}, deadline));
  for (std::size_t row = 0; row < relations.size(); ++row) {
    catalog.relations.push_back({relations.text(row, "nspname"), relations.text(row, "relname")});
  }
  return catalog;
}

}  // namespace pgcleave::postgres
