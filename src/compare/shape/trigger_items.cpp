// Triggers and rules, and for which sessions they fire. What their functions do is not compared.
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

// The triggers that keep a constraint are PostgreSQL's own. They are an item only where some were disabled.
constexpr const char* triggers_body = R"sql(
  SELECT 'trigger' AS kind, t.nspname AS schema, t.relname AS relation, g.tgname AS name, e.definition, e.state,
         e.definition || ';' || CASE WHEN e.state = '' THEN '' ELSE ' ' || e.setting END AS make,
         format('DROP TRIGGER %I ON %s;', g.tgname, t.sql) AS unmake, e.setting AS set_state
    FROM t
    JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
    JOIN pg_proc p ON p.oid = g.tgfoid
    JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname <> 'pgcleave'
   CROSS JOIN LATERAL (
     SELECT pg_get_triggerdef(g.oid) AS definition,
            CASE g.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
                             ELSE '' END AS state,
            format('ALTER TABLE %s %s TRIGGER %I;', t.sql,
                   CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
                                    ELSE 'ENABLE' END, g.tgname) AS setting) e
   WHERE e.definition IS NOT NULL
   UNION ALL
  SELECT 'trigger', t.nspname, t.relname, 'of constraint ' || c.conname, '',
         string_agg(DISTINCT CASE g.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLE REPLICA'
                                              ELSE 'ENABLE ALWAYS' END, ', '), '',
         format('ALTER TABLE %s ENABLE TRIGGER ALL;', t.sql), ''
    FROM t
    JOIN pg_trigger g ON g.tgrelid = t.oid AND g.tgisinternal AND g.tgenabled <> 'O'
    JOIN pg_constraint c ON c.oid = g.tgconstraint
   GROUP BY t.nspname, t.relname, t.sql, c.conname
   UNION ALL
  SELECT 'rule', t.nspname, t.relname, r.rulename, e.definition, e.state,
         e.definition || CASE WHEN e.state = '' THEN '' ELSE ' ' || e.setting END,
         format('DROP RULE %I ON %s;', r.rulename, t.sql), e.setting
    FROM t
    JOIN pg_rewrite r ON r.ev_class = t.oid
   CROSS JOIN LATERAL (
     SELECT pg_get_ruledef(r.oid) AS definition,
            CASE r.ev_enabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
                              ELSE '' END AS state,
            format('ALTER TABLE %s %s RULE %I;', t.sql,
                   CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                                     WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, r.rulename) AS setting) e
   WHERE e.definition IS NOT NULL)sql";

}  // namespace

std::string trigger_items_sql(const std::string& tables) {
  return tables + triggers_body;
}

}  // namespace pgcleave::compare
