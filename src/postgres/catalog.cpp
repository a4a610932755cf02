#include "postgres/catalog.h"

#include "base/format.h"

namespace pgcleave::postgres {

namespace {

// Replica identity as RelationGetIndexList finds it: of an index that is valid, unique, immediate and whole. FULL is
// applied by comparing all columns, so each type needs the equality operator that the type cache finds: of a default
// btree or hash operator class, for what domains, arrays and composites are made of; unless the subscriber finds the
// row by its primary key (PostgreSQL 15 to 18). A generated column is published by no link. In a key it leaves the
// subscriber without a way to find the row, and PostgreSQL 18 refuses the publisher's UPDATE and DELETE; of FULL as
// well, which before 18 left it out.
constexpr auto catalog_sql = R"sql(
  WITH RECURSIVE usable AS (
    SELECT i.indrelid, i.indisprimary, i.indisreplident, i.indimmediate
      FROM pg_catalog.pg_index i WHERE i.indislive AND i.indisvalid AND i.indisunique AND i.indpred IS NULL),
  parts(relation, attname, column_type, part) AS (
    SELECT a.attrelid, a.attname, a.atttypid, a.atttypid
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND c.relreplident = 'f' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       AND NOT EXISTS (SELECT FROM usable u WHERE u.indrelid = c.oid AND u.indisprimary AND u.indimmediate)
    UNION
    SELECT p.relation, p.attname, p.column_type, inner_type.oid
      FROM parts p
      JOIN pg_catalog.pg_type t ON t.oid = p.part
      CROSS JOIN LATERAL (
        SELECT t.typbasetype AS oid WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        UNION ALL SELECT f.atttypid FROM pg_catalog.pg_attribute f
                   WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0
                     AND NOT f.attisdropped) inner_type),
  incomparable AS (
    SELECT p.relation, pg_catalog.string_agg(DISTINCT 'column ' || pg_catalog.quote_ident(p.attname) || ' of type '
                                             || pg_catalog.format_type(p.column_type, NULL), ', ') AS columns
      FROM parts p JOIN pg_catalog.pg_type t ON t.oid = p.part
     WHERE t.typtype = 'b' AND t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
       AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
          WHERE o.opcdefault AND m.amname IN ('btree', 'hash')
            AND (o.opcintype = t.oid
                 OR EXISTS (SELECT FROM pg_catalog.pg_cast k
                             WHERE k.castsource = t.oid AND k.casttarget = o.opcintype
                               AND k.castmethod = 'b' AND k.castcontext = 'i')))
     GROUP BY p.relation)
  SELECT c.oid, n.nspname, c.relname,
         c.relkind = 'r' AS holds_rows, c.relispartition, c.relpersistence = 'u' AS unlogged,
         COALESCE(rn.nspname, n.nspname) AS root_schema, COALESCE(r.relname, c.relname) AS root_name,
         CASE WHEN c.relkind = 'p' OR c.relreplident = 'f' THEN ''
              WHEN c.relreplident = 'n' THEN 'REPLICA IDENTITY NOTHING'
              WHEN c.relreplident = 'd'
                AND EXISTS (SELECT FROM usable u WHERE u.indrelid = c.oid AND u.indisprimary AND u.indimmediate) THEN ''
              WHEN c.relreplident = 'i'
                AND EXISTS (SELECT FROM usable u WHERE u.indrelid = c.oid AND u.indisreplident AND u.indimmediate)
                THEN ''
              WHEN c.relreplident = 'd'
                AND EXISTS (SELECT FROM usable u WHERE u.indrelid = c.oid AND u.indisprimary) THEN
                'its primary key is DEFERRABLE, which is no replica identity'
              WHEN c.relreplident = 'i' THEN 'the index of its REPLICA IDENTITY is not usable'
              ELSE 'no primary key and no other replica identity' END AS identity_problem,
         (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''
             AND (c.relreplident = 'f' AND pg_catalog.current_setting('server_version_num')::int >= 180000
                  OR EXISTS (SELECT FROM pg_catalog.pg_index i
                              WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                                AND (c.relreplident = 'd' AND i.indisprimary
                                     OR c.relreplident = 'i' AND i.indisreplident)))) AS unpublished,
         'REPLICA IDENTITY FULL without a primary key, and no equality operator for ' || x.columns AS apply_problem,
         e.extname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_inherits h
      ON c.relispartition AND h.inhdetachpending AND h.inhrelid = pg_catalog.pg_partition_root(c.oid)
    LEFT JOIN pg_catalog.pg_class r
      ON c.relispartition AND r.oid = pg_catalog.pg_partition_root(COALESCE(h.inhparent, c.oid))
    LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
    LEFT JOIN incomparable x ON x.relation = c.oid
    LEFT JOIN pg_catalog.pg_depend d
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcleave')
   ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql";

}  // namespace

Result<std::vector<Table>> tables(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(catalog_sql, {}, deadline));
  std::vector<Table> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Table table;
    table.oid = static_cast<std::uint32_t>(rows.number(row, "oid"));
    table.name = {rows.text(row, "nspname"), rows.text(row, "relname")};
    table.holds_rows = rows.boolean(row, "holds_rows");
    table.kind = rows.boolean(row, "relispartition") ? TableKind::partition
                 : table.holds_rows                  ? TableKind::plain
                                                     : TableKind::partitioned;
    table.root = {rows.text(row, "root_schema"), rows.text(row, "root_name")};
    table.identity_problem = rows.text(row, "identity_problem");
    table.unpublished = rows.text(row, "unpublished");
    if (table.identity_problem.empty() && table.holds_rows && !table.unpublished.empty())
      table.identity_problem =
          fmt::format("its replica identity has generated columns, which are not published: {}", table.unpublished);
    table.apply_problem = rows.text(row, "apply_problem");
    table.unlogged = rows.boolean(row, "unlogged");
    table.extension = rows.text(row, "extname");
    found.push_back(std::move(table));
  }
  return found;
}

Result<std::map<TableName, Columns>> columns(Connection& connection, const std::vector<TableName>& tables,
                                             Deadline deadline) {
  const auto named = name_arrays(tables);
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
        FROM unnest($1::text[]::name[], $2::text[]::name[]) AS t(schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name
        JOIN pg_catalog.pg_attribute a
          ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')sql",
                                               {named.schemas, named.names}, deadline));
  std::map<TableName, Columns> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found[{rows.text(row, "nspname"), rows.text(row, "relname")}][rows.text(row, "attname")] = rows.text(row, "type");
  }
  return found;
}

}  // namespace pgcleave::postgres
