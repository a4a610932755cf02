#include "postgres/slot_copy.h"

namespace pgcleave::postgres {

// primary_conninfo is shown to a superuser and to pg_read_all_settings.
Result<SlotCopy> slot_copy(Connection& standby, const std::string& slot, Deadline deadline) {
  TRY_ASSIGN(const Rows rows, standby.query(R"sql(
      SELECT pg_catalog.current_setting('server_version_num') AS version,
             COALESCE(pg_catalog.current_setting('sync_replication_slots', true), 'off') AS synchronizes,
             pg_catalog.current_setting('hot_standby_feedback') AS feedback,
             pg_catalog.current_setting('primary_slot_name') <> '' AS streams_by_slot,
             pg_catalog.current_setting('primary_conninfo') ~ '(^|[[:space:]])dbname[[:space:]]*=' AS knows_database,
             s.slot_name IS NOT NULL AS exists, COALESCE(s.temporary, false) AS temporary,
             COALESCE(pg_catalog.to_jsonb(s) ->> 'synced', 'false') AS synced,
             pg_catalog.to_jsonb(s) ->> 'invalidation_reason' AS invalidated
        FROM (SELECT) one LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = $1)sql",
                                            {slot}, deadline));
  SlotCopy copy;
  copy.version = static_cast<int>(rows.number(0, "version"));
  copy.synchronizes = rows.boolean(0, "synchronizes");
  copy.feedback = rows.boolean(0, "feedback");
  copy.streams_by_slot = rows.boolean(0, "streams_by_slot");
  copy.knows_database = rows.boolean(0, "knows_database");
  copy.exists = rows.boolean(0, "exists");
  copy.synced = rows.boolean(0, "synced");
  copy.temporary = rows.boolean(0, "temporary");
  copy.invalidated = rows.text(0, "invalidated");
  return copy;
}

}  // namespace pgcleave::postgres
