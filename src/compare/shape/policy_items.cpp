// Policies of row security.
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

constexpr const char* policies_body = R"sql(
  SELECT 'policy' AS kind, t.nspname AS schema, t.relname AS relation, p.polname AS name, e.definition, '' AS state,
         format('CREATE POLICY %I ON %s %s;', p.polname, t.sql, e.definition) AS make,
         format('DROP POLICY %I ON %s;', p.polname, t.sql) AS unmake, '' AS set_state
    FROM t
    JOIN pg_policy p ON p.polrelid = t.oid
   CROSS JOIN LATERAL (
     SELECT concat_ws(' ', CASE WHEN p.polpermissive THEN 'AS PERMISSIVE' ELSE 'AS RESTRICTIVE' END,
                      'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                              WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                      'TO ' || (SELECT string_agg(CASE WHEN r.oid = 0 THEN 'PUBLIC' ELSE r.oid::regrole::text END, ', '
                                                  ORDER BY CASE WHEN r.oid = 0 THEN '' ELSE r.oid::regrole::text END
                                                           COLLATE "C")
                                  FROM unnest(p.polroles) AS r(oid)),
                      'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                      'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') AS definition) e)sql";

}  // namespace

std::string policy_items_sql(const std::string& tables) {
  return tables + policies_body;
}

}  // namespace pgcleave::compare
