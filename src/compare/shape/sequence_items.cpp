// Sequences that columns of the tables own or use: what they are. Where they stand is judged by sequence_values.cpp.
#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

// Used by several tables, it goes with its owner's, or with the first of them.
constexpr const char* sequences_body = R"sql(
  SELECT 'sequence' AS kind, u.nspname AS schema, u.relname AS relation, u.sequence AS name,
         CASE WHEN NOT u.owned THEN '' WHEN u.attidentity <> '' THEN 'identity of ' || {column}
              ELSE 'owned by ' || {column} END AS definition, e.state,
         CASE WHEN u.attidentity = '' THEN format('CREATE SEQUENCE %s %s;', u.sequence_sql, e.state)
                || CASE WHEN u.owned THEN format(' ALTER SEQUENCE %s OWNED BY %s.%I;', u.sequence_sql, u.sql, u.attname)
                        ELSE '' END
              ELSE '' END AS make, '' AS unmake, format('ALTER SEQUENCE %s %s;', u.sequence_sql, e.state) AS set_state
    FROM (SELECT DISTINCT ON (oid) * FROM used ORDER BY oid, owned DESC, nspname, relname) u
    JOIN pg_sequence s ON s.seqrelid = u.oid
   CROSS JOIN LATERAL (
     SELECT format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
                   format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
                   CASE WHEN s.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END) AS state) e)sql";

}  // namespace

std::string used_sequences_sql() {
  return fmt::format(R"sql(,
  pairs AS (
    SELECT d.objid AS oid, d.refobjid AS relation, d.refobjsubid::int2 AS attnum, true AS owned
      FROM t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid > 0
     WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
     UNION ALL
    SELECT d.refobjid, a.adrelid, a.adnum, false
      FROM t JOIN pg_attrdef a ON a.adrelid = t.oid
      JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
     WHERE d.refclassid = 'pg_class'::regclass),
  used AS (
    SELECT c.oid, bool_or(p.owned) AS owned, t.oid AS relation, t.nspname, t.relname, t.relkind, t.sql, a.attnum,
           a.attname, a.atttypid, a.attidentity, n.nspname AS sequence_schema, c.relname AS sequence_name,
           format('%I.%I', n.nspname, c.relname) AS sequence_sql, {0} || '.' || {1} AS sequence
      FROM pairs p
      JOIN pg_class c ON c.oid = p.oid AND c.relkind = 'S'
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN t ON t.oid = p.relation
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.attnum
     GROUP BY c.oid, c.relname, n.nspname, t.oid, t.nspname, t.relname, t.relkind, t.sql, a.attnum, a.attname,
              a.atttypid, a.attidentity))sql",
                     readable_name_sql("n.nspname"), readable_name_sql("c.relname"));
}

std::string sequence_items_sql(const std::string& tables) {
  return tables + used_sequences_sql() +
         fmt::format(sequences_body, fmt::arg("column", readable_name_sql("u.attname")));
}

}  // namespace pgcleave::compare
