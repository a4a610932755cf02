#include <set>

#include "checks/schema/tables.h"

namespace pgcleave::checks {
namespace {

using postgres::TableName;
using Names = std::set<TableName>;

// The column's type bounds a sequence that is wider than it: a serial that was made from a bigint sequence.
constexpr auto sequences_sql = R"sql(
  SELECT sn.nspname AS sequence_schema, s.relname AS sequence_name, n.nspname, c.relname, a.attname,
         pg_catalog.format_type(a.atttypid, NULL) AS type, q.seqstart, q.seqcycle,
         pg_catalog.pg_sequence_last_value(s.oid) AS last,
         CASE WHEN q.seqincrement > 0
              THEN LEAST(q.seqmax, CASE a.atttypid WHEN 'int2'::pg_catalog.regtype THEN 32767
                                                   WHEN 'int4'::pg_catalog.regtype THEN 2147483647
                                                   ELSE q.seqmax END)
              ELSE GREATEST(q.seqmin, CASE a.atttypid WHEN 'int2'::pg_catalog.regtype THEN -32768
                                                      WHEN 'int4'::pg_catalog.regtype THEN -2147483648
                                                      ELSE q.seqmin END)
         END AS limit
    FROM (SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS attribute
            FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
             AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
             AND d.deptype IN ('a', 'i')
           UNION
          SELECT d.refobjid, f.adrelid, f.adnum
            FROM pg_catalog.pg_attrdef f
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
             AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) used
    JOIN pg_catalog.pg_sequence q ON q.seqrelid = used.sequence
    JOIN pg_catalog.pg_class s ON s.oid = used.sequence
    JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
    JOIN pg_catalog.pg_class c ON c.oid = used.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = used.attribute
   ORDER BY 1, 2, 3, 4, 5)sql";

constexpr auto unvalidated_sql = R"sql(
  SELECT n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid) AS definition
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT k.convalidated AND k.conparentid = 0
   ORDER BY 1, 2, 3)sql";

TableName table_at(const postgres::Rows& rows, std::size_t row) {
  return {rows.text(row, "nspname"), rows.text(row, "relname")};
}

Result<std::vector<SequenceColumn>> sequences(postgres::Connection& connection, const Names& moved, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(sequences_sql, {}, deadline));
  std::vector<SequenceColumn> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!moved.contains(table_at(rows, row)) || rows.is_null(row, "last")) continue;
    found.push_back({{rows.text(row, "sequence_schema"), rows.text(row, "sequence_name")},
                     table_at(rows, row),
                     rows.text(row, "attname"),
                     rows.text(row, "type"),
                     rows.number(row, "seqstart"),
                     rows.number(row, "last"),
                     rows.number(row, "limit"),
                     rows.boolean(row, "seqcycle")});
  }
  return found;
}

Result<std::vector<UnvalidatedConstraint>> unvalidated(postgres::Connection& connection, const Names& moved,
                                                       Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(unvalidated_sql, {}, deadline));
  std::vector<UnvalidatedConstraint> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (moved.contains(table_at(rows, row)))
      found.push_back({table_at(rows, row), rows.text(row, "conname"), rows.text(row, "definition")});
  }
  return found;
}

}  // namespace

Result<TablesSeen> inspect_tables(postgres::Connection& connection, const std::string& side,
                                  const std::vector<postgres::Table>& moved, Deadline deadline) {
  Names names;
  for (const auto& table : moved) names.insert(table.name);
  TablesSeen seen;
  seen.side = side;
  seen.moved = moved;
  TRY_ASSIGN(seen.sequences, sequences(connection, names, deadline));
  TRY_ASSIGN(seen.unvalidated, unvalidated(connection, names, deadline));
  TRY_ASSIGN(
      const auto objects,
      connection.query("SELECT count(*) AS n FROM (SELECT FROM pg_catalog.pg_largeobject_metadata LIMIT 1000) few", {},
                       deadline));
  seen.large_objects = objects.number(0, "n");
  return seen;
}

}  // namespace pgcleave::checks
