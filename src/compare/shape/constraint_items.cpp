// Constraints, and whether they are valid; with those that an index keeps, whether it is.
#include "base/format.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

// PostgreSQL writes NOT VALID at the end of a definition (ruleutils.c, 15 to 18). A foreign key of a partitioned table
// has a part for each partition, whose name the server chooses.
constexpr const char* constraints_body = R"sql(
  SELECT 'constraint' AS kind, t.nspname AS schema, t.relname AS relation, c.conname AS name, e.definition,
         concat_ws(', ', CASE WHEN NOT c.convalidated THEN 'NOT VALID' END,
                   CASE WHEN NOT (i.indisvalid AND i.indisready) THEN 'its index is INVALID' END) AS state,
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.sql, c.conname, e.definition)
           || CASE WHEN NOT c.convalidated THEN ' NOT VALID;'
                   WHEN c.contype IN ('c', 'f') AND t.relkind = 'r' AND e.definition NOT LIKE '%NOT ENFORCED'
                   THEN format(' NOT VALID; ALTER TABLE %s VALIDATE CONSTRAINT %I;', t.sql, c.conname)
                   ELSE ';' END AS make,
         format('ALTER TABLE %s DROP CONSTRAINT %I;', t.sql, c.conname) AS unmake,
         CASE WHEN c.convalidated AND i.indexrelid IS NULL
              THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', t.sql, c.conname) ELSE '' END AS set_state
    FROM t
    JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype::text = ANY ({types}::text[])
     AND NOT (c.contype = 'f' AND c.conparentid <> 0)
    LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND i.indrelid = t.oid AND c.contype IN ('p', 'u', 'x')
   CROSS JOIN LATERAL (SELECT regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', '') AS definition) e
   WHERE e.definition IS NOT NULL)sql";

}  // namespace

std::string constraint_items_sql(const std::string& tables, const BothKnow& both) {
  return tables + fmt::format(constraints_body,
                              fmt::arg("types", both.not_null_constraints ? "'{c,f,p,u,x,n}'" : "'{c,f,p,u,x}'"));
}

}  // namespace pgcleave::compare
