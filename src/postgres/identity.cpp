#include "postgres/identity.h"

namespace pgcleave::postgres {

// The control file's timeline is the old one until the first checkpoint after a promotion; the name of the segment that
// is written to, or the receiver, is ahead of it.
Result<Identity> identify(Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, connection.query(R"sql(
      SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()) AS system_identifier,
             CASE WHEN r.in_recovery
                  THEN GREATEST((SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
                                (SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver))
                  ELSE ('x' || substr(pg_catalog.pg_walfile_name(
                                        pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int4
             END AS timeline,
             pg_catalog.current_setting('cluster_name') AS cluster_name,
             r.in_recovery,
             (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
             pg_catalog.current_database() AS database,
             (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AS database_oid,
             current_user AS username,
             pg_catalog.current_setting('server_version_num') AS version,
             (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory') AS data_directory
        FROM (SELECT pg_catalog.pg_is_in_recovery() AS in_recovery OFFSET 0) r)sql",
                                               {}, deadline));
  Identity identity;
  identity.system_identifier = rows.text(0, "system_identifier");
  identity.timeline = static_cast<std::uint32_t>(rows.number(0, "timeline"));
  identity.cluster_name = rows.text(0, "cluster_name");
  identity.in_recovery = rows.boolean(0, "in_recovery");
  identity.superuser = rows.boolean(0, "superuser");
  identity.database = rows.text(0, "database");
  identity.database_oid = rows.text(0, "database_oid");
  identity.user = rows.text(0, "username");
  identity.version = static_cast<int>(rows.number(0, "version"));
  identity.data_directory = rows.text(0, "data_directory");
  identity.address = connection.address();
  return identity;
}

}  // namespace pgcleave::postgres
