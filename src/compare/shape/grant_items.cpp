// Who may do what with tables, columns and the sequences that columns use. Roles go by name; the owner's own privileges
// go by "the owner", so that another owner is one difference.
#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

constexpr const char* grants_body = R"sql(,
  objects AS (
    SELECT t.nspname, t.relname, 'TABLE ' || t.sql AS object, '' AS sequence, NULL::name AS part, c.relowner AS owner,
           COALESCE(c.relacl, acldefault('r', c.relowner)) AS acl
      FROM t JOIN pg_class c ON c.oid = t.oid
     UNION ALL
    SELECT t.nspname, t.relname, 'TABLE ' || t.sql, '', a.attname, t.relowner, a.attacl
      FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL
     UNION ALL
    SELECT u.nspname, u.relname, 'SEQUENCE ' || u.sequence_sql, u.sequence, NULL, c.relowner,
           COALESCE(c.relacl, acldefault('s', c.relowner))
      FROM (SELECT DISTINCT ON (oid) * FROM used ORDER BY oid, owned DESC, nspname, relname) u
      JOIN pg_class c ON c.oid = u.oid)
  SELECT 'grant' AS kind, o.nspname AS schema, o.relname AS relation,
         who.label || CASE WHEN o.sequence = '' THEN '' ELSE ' on sequence ' || o.sequence END AS name, o.object,
         o.sequence, who.role, json_agg(word) AS granted, json_agg(word) FILTER (WHERE x.is_grantable) AS grantable
    FROM objects o
   CROSS JOIN LATERAL aclexplode(o.acl) x
   CROSS JOIN LATERAL (
     SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = o.owner THEN 'the owner'
                 ELSE {role} END AS label,
            CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS role,
            x.privilege_type || COALESCE(' (' || quote_ident(o.part) || ')', '') AS word) who
   WHERE {maintain} OR x.privilege_type <> 'MAINTAIN'
   GROUP BY o.nspname, o.relname, o.object, o.sequence, who.label, who.role)sql";

}  // namespace

std::string grant_items_sql(const std::string& tables, const BothKnow& both) {
  return tables + used_sequences_sql() +
         fmt::format(grants_body, fmt::arg("role", readable_name_sql("pg_get_userbyid(x.grantee)")),
                     fmt::arg("maintain", both.maintain ? "true" : "false"));
}

}  // namespace pgcleave::compare
