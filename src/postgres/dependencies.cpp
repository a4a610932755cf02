#include "postgres/dependencies.h"

#include <map>

namespace pgcleave::postgres {

namespace {

constexpr auto dependencies_sql = R"sql(
  WITH named AS MATERIALIZED (
    SELECT c.oid, n.nspname, c.relname, c.relkind
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave')),
  pairs AS (
    SELECT 'foreign_key' AS kind, conname AS name, conrelid AS on_oid, confrelid AS uses_oid
      FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0
    UNION ALL
    SELECT DISTINCT CASE WHEN r.ev_type = '1' AND o.relkind = 'v' THEN 'view'
                         WHEN r.ev_type = '1' AND o.relkind = 'm' THEN 'materialized_view'
                ELSE 'rule' END, CASE WHEN r.ev_type = '1' THEN '' ELSE r.rulename END, r.ev_class, d.refobjid
      FROM pg_catalog.pg_rewrite r
      JOIN named o ON o.oid = r.ev_class
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
    UNION ALL
    SELECT DISTINCT 'policy', p.polname, p.polrelid, d.refobjid
      FROM pg_catalog.pg_policy p
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND d.objid = p.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> p.polrelid
    UNION ALL
    SELECT 'sequence_owner', '', d.objid, d.refobjid
      FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.deptype IN ('a', 'i')
    UNION ALL
    SELECT DISTINCT 'sequence_use', '', d.refobjid, a.adrelid
      FROM pg_catalog.pg_attrdef a
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = a.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.refobjid)
  SELECT p.kind, p.name, o.nspname AS on_schema, o.relname AS on_name, u.nspname AS uses_schema, u.relname AS uses_name
    FROM pairs p JOIN named o ON o.oid = p.on_oid JOIN named u ON u.oid = p.uses_oid
   ORDER BY 3, 4, 1, 2, 5, 6)sql";

constexpr auto programs_sql = R"sql(
  SELECT n.nspname, p.proname, p.oid::pg_catalog.regprocedure::text AS signature, l.lanname, p.prosrc,
         CASE WHEN l.lanname = 'plpgsql' OR p.prosqlbody IS NOT NULL
              THEN pg_catalog.pg_get_functiondef(p.oid) END AS definition,
         p.prosqlbody IS NOT NULL AS standard_form
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcleave') AND n.nspname NOT LIKE 'pg\_temp%'
     AND l.lanname NOT IN ('c', 'internal') AND p.prokind IN ('f', 'p')
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                        AND d.deptype = 'e')
   ORDER BY 1, 2, 3)sql";

constexpr auto triggers_sql = R"sql(
  SELECT t.tgname, n.nspname, c.relname, fn.nspname AS function_schema, f.proname, t.tgenabled <> 'D' AS enabled,
         t.tgenabled IN ('R', 'A') AS fires_on_apply
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
    JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
   WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND fn.nspname <> 'pgcleave'
   ORDER BY 2, 3, 1)sql";

DependencyKind dependency_kind(const std::string& word) {
  static const std::map<std::string, DependencyKind> kinds{{"foreign_key", DependencyKind::foreign_key},
                                                           {"view", DependencyKind::view},
                                                           {"materialized_view", DependencyKind::materialized_view},
                                                           {"rule", DependencyKind::rule},
                                                           {"policy", DependencyKind::policy},
                                                           {"sequence_owner", DependencyKind::sequence_owner},
                                                           {"sequence_use", DependencyKind::sequence_use}};
  return kinds.at(word);
}

}  // namespace

Result<std::vector<Dependency>> dependencies(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(dependencies_sql, {}, deadline));
  std::vector<Dependency> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({dependency_kind(rows.text(row, "kind")),
                     rows.text(row, "name"),
                     {rows.text(row, "on_schema"), rows.text(row, "on_name")},
                     {rows.text(row, "uses_schema"), rows.text(row, "uses_name")}});
  }
  return found;
}

Result<std::vector<Program>> programs(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(programs_sql, {}, deadline));
  std::vector<Program> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({{rows.text(row, "nspname"), rows.text(row, "proname")},
                     rows.text(row, "signature"),
                     rows.text(row, "lanname"),
                     rows.boolean(row, "standard_form") ? "" : rows.text(row, "prosrc"),
                     rows.text(row, "definition")});
  }
  return found;
}

Result<std::vector<Trigger>> triggers(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(triggers_sql, {}, deadline));
  std::vector<Trigger> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({rows.text(row, "tgname"),
                     {rows.text(row, "nspname"), rows.text(row, "relname")},
                     {rows.text(row, "function_schema"), rows.text(row, "proname")},
                     rows.boolean(row, "enabled"),
                     rows.boolean(row, "fires_on_apply")});
  }
  return found;
}

Result<std::vector<Inheritance>> inheritances(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT cn.nspname AS child_schema, c.relname AS child_name, pn.nspname AS parent_schema, p.relname AS parent_name,
             i.inhdetachpending
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
       WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND (i.inhdetachpending OR NOT c.relispartition)
       ORDER BY 1, 2, 3, 4)sql",
                                               {}, deadline));
  std::vector<Inheritance> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({{rows.text(row, "child_schema"), rows.text(row, "child_name")},
                     {rows.text(row, "parent_schema"), rows.text(row, "parent_name")},
                     rows.boolean(row, "inhdetachpending")});
  }
  return found;
}

Result<std::vector<TableName>> unfenced_children(Connection& connection, const std::string& split, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p')
         AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = i.inhparent AND t.tgname = $1)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                          WHERE t.tgrelid = i.inhrelid AND t.tgname = $1 AND t.tgenabled = 'O')
       ORDER BY 1, 2)sql",
                                               {"pgcleave_fence_" + split}, deadline));
  std::vector<TableName> found;
  for (std::size_t row = 0; row < rows.size(); ++row)
    found.push_back({rows.text(row, "nspname"), rows.text(row, "relname")});
  return found;
}

}  // namespace pgcleave::postgres
