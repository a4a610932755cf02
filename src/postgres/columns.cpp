#include "postgres/columns.h"

namespace pgcleave::postgres {

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
