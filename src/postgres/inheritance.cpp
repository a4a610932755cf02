#include "postgres/inheritance.h"

namespace pgcleave::postgres {

Result<std::vector<Inheritance>> inheritances(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT cn.nspname AS child_schema, c.relname AS child_name, pn.nspname AS parent_schema, p.relname AS parent_name,
             i.inhdetachpending
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
       WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND (i.inhdetachpending OR NOT c.relispartition)
       ORDER BY 1, 2, 3, 4)sql",
                                               {}, deadline));
  std::vector<Inheritance> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({{rows.text(row, "child_schema"), rows.text(row, "child_name")},
                     {rows.text(row, "parent_schema"), rows.text(row, "parent_name")},
                     rows.boolean(row, "inhdetachpending")});
  }
  return found;
}

Result<std::vector<TableName>> unfenced_children(Connection& connection, const std::string& split, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p')
         AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = i.inhparent AND t.tgname = $1)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                          WHERE t.tgrelid = i.inhrelid AND t.tgname = $1 AND t.tgenabled = 'O')
       ORDER BY 1, 2)sql",
                                               {"pgcleave_fence_" + split}, deadline));
  std::vector<TableName> found;
  for (std::size_t row = 0; row < rows.size(); ++row)
    found.push_back({rows.text(row, "nspname"), rows.text(row, "relname")});
  return found;
}

}  // namespace pgcleave::postgres
