// Indexes that no constraint has, and whether they are valid.
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

// The words before the name are 'CREATE UNIQUE INDEX ' or 'CREATE INDEX '. Indexes of a partitioned table can't be made
// concurrently, and neither they nor their parts can be dropped so.
constexpr const char* indexes_body = R"sql(
  SELECT 'index' AS kind, t.nspname AS schema, t.relname AS relation, x.relname AS name, e.definition, e.state,
         CASE WHEN x.relkind = 'I' OR e.state <> '' THEN ''
              WHEN i.indisunique THEN 'CREATE UNIQUE INDEX CONCURRENTLY ' || substr(e.definition, 21) || ';'
              ELSE 'CREATE INDEX CONCURRENTLY ' || substr(e.definition, 14) || ';' END AS make,
         CASE WHEN x.relkind = 'I' OR x.relispartition THEN ''
              ELSE format('DROP INDEX CONCURRENTLY %I.%I;', t.nspname, x.relname) END AS unmake,
         CASE WHEN x.relkind = 'I' OR e.state <> '' THEN ''
              ELSE format('REINDEX INDEX CONCURRENTLY %I.%I;', t.nspname, x.relname) END AS set_state
    FROM t
    JOIN pg_index i ON i.indrelid = t.oid AND i.indislive
    JOIN pg_class x ON x.oid = i.indexrelid
   CROSS JOIN LATERAL (SELECT pg_get_indexdef(x.oid) AS definition,
                              concat_ws(', ', CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
                                        CASE WHEN NOT i.indisready THEN 'not ready' END) AS state) e
   WHERE e.definition IS NOT NULL
     AND NOT EXISTS (SELECT FROM pg_constraint c
                      WHERE c.conrelid = t.oid AND c.conindid = x.oid AND c.contype IN ('p', 'u', 'x')))sql";

}  // namespace

std::string index_items_sql(const std::string& tables) {
  return tables + indexes_body;
}

}  // namespace pgcleave::compare
