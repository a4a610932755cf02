// The table as a whole: which there are, how rows are spread over partitions, owner, row security, replica identity.
#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

constexpr const char* tables_body = R"sql(
  SELECT v.kind, t.nspname AS schema, t.relname AS relation, '' AS name, v.definition, v.state, v.make, v.unmake,
         v.set_state
    FROM t
    JOIN pg_class c ON c.oid = t.oid
    LEFT JOIN LATERAL (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) AS names,
                              bool_or(i.inhdetachpending) AS detaching
                         FROM pg_inherits i WHERE i.inhrelid = t.oid) p ON true
    LEFT JOIN pg_index x ON x.indrelid = t.oid AND x.indisreplident
    LEFT JOIN pg_class xc ON xc.oid = x.indexrelid
   CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) b
   CROSS JOIN LATERAL (VALUES
     ('table', CASE c.relkind WHEN 'p' THEN 'partitioned table' ELSE 'table' END, '', '', '', ''),
     ('partitioning',
      NULLIF(concat_ws(', ', CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END,
                       CASE WHEN c.relispartition THEN format('PARTITION OF %s %s', p.names, b.bound)
                            WHEN p.names IS NOT NULL THEN format('INHERITS (%s)', p.names) END,
                       CASE WHEN p.detaching THEN 'is being detached' END), ''), '',
      CASE WHEN c.relispartition THEN format('ALTER TABLE %s ATTACH PARTITION %s %s;', p.names, t.sql, b.bound)
           ELSE '' END, '', ''),
     ('owner', '', {owner}, '', '',
      format('ALTER TABLE %s OWNER TO %s;', t.sql, c.relowner::regrole)),
     ('row security', '',
      concat_ws(', ', CASE WHEN c.relrowsecurity THEN 'ENABLED' ELSE 'DISABLED' END,
                CASE WHEN c.relforcerowsecurity THEN 'FORCED' END), '', '',
      format('ALTER TABLE %s %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY;', t.sql,
             CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END,
             CASE WHEN c.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END)),
     ('replica identity', '',
      CASE c.relreplident WHEN 'd' THEN 'DEFAULT' WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
                          ELSE COALESCE('USING INDEX ' || {index}, 'an index that is gone') END, '', '',
      CASE WHEN c.relreplident = 'i' AND xc.oid IS NULL THEN ''
           ELSE format('ALTER TABLE %s REPLICA IDENTITY %s;', t.sql,
                       CASE c.relreplident WHEN 'd' THEN 'DEFAULT' WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
                                           ELSE format('USING INDEX %I', xc.relname) END) END)
   ) v(kind, definition, state, make, unmake, set_state)
   WHERE v.definition IS NOT NULL)sql";

}  // namespace

// OFFSET makes the planner expect a row for each name: else it expects one in all, and joins thousands in loops.
std::string tables_sql(const std::vector<postgres::TableName>& tables) {
  const auto names = postgres::name_arrays(tables);
  return fmt::format(R"sql(WITH t AS MATERIALIZED (
  SELECT c.*
    FROM unnest({}::text[], {}::text[]) AS w(schema, name)
   CROSS JOIN LATERAL (
     SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS sql
       FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
      WHERE n.nspname = w.schema AND c.relname = w.name AND c.relkind IN ('r', 'p') OFFSET 0) c))sql",
                     postgres::quote_literal(names.schemas), postgres::quote_literal(names.names));
}

std::string table_items_sql(const std::string& tables) {
  return tables + fmt::format(tables_body, fmt::arg("index", readable_name_sql("xc.relname")),
                              fmt::arg("owner", readable_name_sql("pg_get_userbyid(c.relowner)")));
}

std::string readable_name_sql(const std::string& expression) {
  return fmt::format(
      "(CASE WHEN {0} ~ '^[a-z_][a-z0-9_]*$' THEN {0}::text ELSE '\"' || replace({0}::text, '\"', '\"\"') || '\"' END)",
      expression);
}

}  // namespace pgcleave::compare
