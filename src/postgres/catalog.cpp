#include "postgres/catalog.h"

namespace pgcleave::postgres {

Result<std::vector<Table>> tables(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT c.oid, n.nspname, c.relname, c.relkind = 'r' AS holds_rows, c.relispartition, c.relpersistence = 'u' AS unlogged,
             COALESCE(rn.nspname, n.nspname) AS root_schema, COALESCE(r.relname, c.relname) AS root_name,
             c.relkind = 'p' OR CASE c.relreplident
               WHEN 'f' THEN true
               WHEN 'd' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid)
               WHEN 'i' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid)
               ELSE false END AS has_replica_identity
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_class r ON c.relispartition AND r.oid = pg_catalog.pg_partition_root(c.oid)
        LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
       WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
         AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql",
                                               {}, deadline));
  std::vector<Table> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Table table;
    table.oid = static_cast<std::uint32_t>(rows.number(row, "oid"));
    table.name = {rows.text(row, "nspname"), rows.text(row, "relname")};
    table.holds_rows = rows.truth(row, "holds_rows");
    table.kind = rows.truth(row, "relispartition") ? TableKind::partition : table.holds_rows ? TableKind::plain : TableKind::partitioned;
    table.root = {rows.text(row, "root_schema"), rows.text(row, "root_name")};
    table.has_replica_identity = rows.truth(row, "has_replica_identity");
    table.unlogged = rows.truth(row, "unlogged");
    found.push_back(std::move(table));
  }
  return found;
}

}  // namespace pgcleave::postgres
