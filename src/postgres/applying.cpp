#include "postgres/applying.h"

namespace pgcleave::postgres {

// The origin of a subscription is pg_<oid>, that of its copying pg_<oid>_<table>.
Result<std::vector<std::string>> other_origins(Connection& publisher, const std::vector<TableName>& tables,
                                               const std::vector<std::string>& own, Deadline deadline) {
  const auto arrays = name_arrays(tables);
  TRY_ASSIGN(const Rows rows, publisher.query(R"sql(
      SELECT DISTINCT 'subscription ' || s.subname AS origin
        FROM pg_catalog.pg_subscription s
        JOIN pg_catalog.pg_subscription_rel r ON r.srsubid = s.oid
        JOIN pg_catalog.pg_class c ON c.oid = r.srrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN unnest($1::text[], $2::text[]) AS moved(schema, name)
          ON moved.schema = n.nspname AND moved.name = c.relname
       WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
         AND s.subname <> ALL ($3::text[])
      UNION ALL
      SELECT 'replication origin ' || o.roname FROM pg_catalog.pg_replication_origin o
       WHERE o.roname !~ '^pg_[0-9]+(_[0-9]+)?$'
       ORDER BY 1)sql",
                                              {arrays.schemas, arrays.names, array_literal(own)}, deadline));
  std::vector<std::string> found;
  for (std::size_t row = 0; row < rows.size(); ++row) found.push_back(rows.text(row, "origin"));
  return found;
}

Result<RowSecurity> row_security(Connection& subscriber, const std::vector<TableName>& tables, Deadline deadline) {
  const auto arrays = name_arrays(tables);
  TRY_ASSIGN(const Rows rows, subscriber.query(R"sql(
      SELECT r.rolsuper OR r.rolbypassrls AS bypassed, forced.nspname, forced.relname
        FROM pg_catalog.pg_roles r
        LEFT JOIN (SELECT n.nspname, c.relname
                     FROM unnest($1::text[], $2::text[]) AS moved(schema, name)
                     JOIN pg_catalog.pg_namespace n ON n.nspname = moved.schema
                     JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = moved.name
                     JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
                    WHERE c.relrowsecurity AND c.relforcerowsecurity
                      AND NOT o.rolsuper AND NOT o.rolbypassrls) forced ON true
       WHERE r.rolname = current_user ORDER BY 2, 3)sql",
                                               {arrays.schemas, arrays.names}, deadline));
  RowSecurity seen;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    seen.bypassed = rows.boolean(row, "bypassed");
    if (!rows.is_null(row, "relname")) seen.forced.push_back({rows.text(row, "nspname"), rows.text(row, "relname")});
  }
  return seen;
}

}  // namespace pgcleave::postgres
