#include "checks/server_seen.h"

#include <cstdlib>

#include "base/format.h"
#include "postgres/wal.h"

namespace pgcleave::checks {

namespace {

class ServerInspection {
 public:
  ServerInspection(CheckContext& context, postgres::Connection& session, ServerSeen& seen)
      : context_(context), session_(session), seen_(seen) {}

  Result<void> run() {
    TRY(settings());
    TRY(in_use());
    TRY(slots());
    TRY(files());
    TRY(collations());
    TRY(extensions());
    return role_settings();
  }

 private:
  Result<postgres::Rows> ask(const std::string& sql, const postgres::Parameters& parameters = {}) {
    return session_.query(sql, parameters, context_.deadline());
  }
  Result<std::vector<std::string>> lines(const std::string& sql) {
    TRY_ASSIGN(const auto rows, ask(sql));
    std::vector<std::string> out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.text(row, "line"));
    return out;
  }

  // reset_val and not setting: our session has set some for itself.
  Result<void> settings() {
    TRY_ASSIGN(const auto rows, ask("SELECT name, reset_val, pending_restart, current_user AS username, "
                                    "pg_catalog.pg_is_in_recovery() AS standby"
                                    " FROM pg_catalog.pg_settings"));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      seen_.settings[rows.text(row, "name")] = rows.text(row, "reset_val");
      if (rows.boolean(row, "pending_restart")) seen_.pending_restart.insert(rows.text(row, "name"));
    }
    seen_.in_recovery = rows.boolean(0, "standby");
    seen_.user = rows.text(0, "username");
    return {};
  }

  // Names of what a run makes begin with pgcleave_<split>_.
  Result<void> in_use() {
    const auto own = "pgcleave_" + context_.world().split.name + "_";
    TRY_ASSIGN(const auto rows, ask(R"sql(
        SELECT (SELECT count(*) FROM pg_catalog.pg_replication_slots
                WHERE NOT pg_catalog.starts_with(slot_name, $1)) AS slots,
               (SELECT count(*) FROM pg_catalog.pg_stat_replication
                WHERE NOT pg_catalog.starts_with(application_name, $1)) AS senders,
               (SELECT count(*) FROM pg_catalog.pg_stat_subscription
                WHERE pid IS NOT NULL AND NOT pg_catalog.starts_with(subname, $1)) AS workers,
               (SELECT count(*) FROM pg_catalog.pg_replication_origin
                WHERE roname NOT IN (SELECT 'pg_' || oid FROM pg_catalog.pg_subscription
                                      WHERE pg_catalog.starts_with(subname, $1))) AS origins,
               count(*) FILTER (WHERE backend_type = 'client backend') AS clients,
               count(*) FILTER (WHERE backend_type NOT IN ('client backend', 'walsender', 'walreceiver', 'startup',
                 'checkpointer', 'background writer', 'walwriter', 'archiver', 'autovacuum launcher',
                 'autovacuum worker', 'logger', 'slotsync worker', 'walsummarizer', 'io worker', 'parallel worker',
                 'logical replication worker', 'logical replication apply worker',
                 'logical replication tablesync worker', 'logical replication parallel worker')) AS background
          FROM pg_catalog.pg_stat_activity)sql",
                                    {own}));
    seen_.slots = static_cast<int>(rows.number(0, "slots"));
    seen_.senders = static_cast<int>(rows.number(0, "senders"));
    seen_.logical_workers = static_cast<int>(rows.number(0, "workers"));
    seen_.origins = static_cast<int>(rows.number(0, "origins"));
    seen_.clients = static_cast<int>(rows.number(0, "clients"));
    seen_.background_workers = static_cast<int>(rows.number(0, "background"));
    return {};
  }

  // As JSON, since failover, synced and invalidation_reason came with PostgreSQL 17.
  Result<void> slots() {
    TRY_ASSIGN(const auto rows, ask(R"sql(
        SELECT slot_name, slot_type = 'logical' AS logical, active,
               COALESCE(pg_catalog.to_jsonb(s) ->> 'failover', 'false') AS failover,
               COALESCE(pg_catalog.to_jsonb(s) ->> 'synced', 'false') AS synced,
               COALESCE(pg_catalog.to_jsonb(s) ->> 'invalidation_reason',
                        CASE WHEN wal_status = 'lost' THEN 'wal_removed' END) AS invalidated
          FROM pg_catalog.pg_replication_slots s WHERE NOT temporary ORDER BY 1)sql"));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      seen_.all_slots.push_back({rows.text(row, "slot_name"), rows.boolean(row, "logical"), rows.boolean(row, "active"),
                                 rows.boolean(row, "failover"), rows.boolean(row, "synced"),
                                 rows.text(row, "invalidated")});
    }
    return {};
  }

  Result<void> files() {
    TRY_ASSIGN(seen_.file_errors,
               lines("SELECT sourcefile || ':' || sourceline || ' ' || name || ': ' || error AS line"
                     " FROM pg_catalog.pg_file_settings f WHERE error IS NOT NULL AND NOT EXISTS"
                     " (SELECT FROM pg_catalog.pg_settings s WHERE s.name = f.name AND s.pending_restart) ORDER BY 1"));
    TRY_ASSIGN(seen_.hba_errors,
               lines("SELECT 'line ' || line_number || ': ' || error AS line FROM pg_catalog.pg_hba_file_rules"
                     " WHERE error IS NOT NULL ORDER BY line_number"));
    TRY_ASSIGN(seen_.hba, lines("SELECT pg_catalog.concat_ws(' ', type, pg_catalog.array_to_string(database, ','), "
                                "pg_catalog.array_to_string(user_name, ','),"
                                " address, netmask, auth_method, pg_catalog.array_to_string(options, ' ')) AS line "
                                "FROM pg_catalog.pg_hba_file_rules"
                                " WHERE error IS NULL AND database <> '{replication}' ORDER BY line_number"));
    return {};
  }

  // Of the database and of what indexes use. The default collation has no version of its own.
  Result<void> collations() {
    TRY_ASSIGN(const auto rows, ask(R"sql(
        SELECT 'database ' || datname AS name, datcollversion AS stored,
               pg_catalog.pg_database_collation_actual_version(oid) AS actual
          FROM pg_catalog.pg_database
         WHERE datname = pg_catalog.current_database()
           AND datcollversion <> pg_catalog.pg_database_collation_actual_version(oid)
        UNION ALL
        SELECT 'collation ' || c.oid::pg_catalog.regcollation, c.collversion,
               pg_catalog.pg_collation_actual_version(c.oid)
          FROM (SELECT DISTINCT pg_catalog.unnest(indcollation) AS oid FROM pg_catalog.pg_index) used
          JOIN pg_catalog.pg_collation c USING (oid)
         WHERE c.collversion <> pg_catalog.pg_collation_actual_version(c.oid) ORDER BY 1)sql"));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      seen_.collations.push_back({rows.text(row, "name"), rows.text(row, "stored"), rows.text(row, "actual")});
    }
    return {};
  }

  Result<void> extensions() {
    TRY_ASSIGN(const auto rows, ask(R"sql(
        WITH available AS MATERIALIZED (SELECT name, version FROM pg_catalog.pg_available_extension_versions)
        SELECT e.extname, e.extversion, EXISTS (SELECT FROM available WHERE name = e.extname) AS there
          FROM pg_catalog.pg_extension e
         WHERE NOT EXISTS (SELECT FROM available WHERE name = e.extname AND version = e.extversion) ORDER BY 1)sql"));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      seen_.extensions.push_back({rows.text(row, "extname"), rows.text(row, "extversion"), rows.boolean(row, "there")});
    }
    return {};
  }

  Result<void> role_settings() {
    TRY_ASSIGN(const auto rows, ask(R"sql(
        SELECT pg_catalog.concat_ws(' in ', 'role ' || r.rolname, 'database ' || d.datname) AS who,
               pg_catalog.array_to_string(s.setconfig, ', ') AS what
          FROM pg_catalog.pg_db_role_setting s
          LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
          LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
         WHERE s.setdatabase = 0 OR d.datname = pg_catalog.current_database())sql"));
    for (std::size_t row = 0; row < rows.size(); ++row)
      seen_.role_settings[rows.text(row, "who")] = rows.text(row, "what");
    return {};
  }

  CheckContext& context_;
  postgres::Connection& session_;
  ServerSeen& seen_;
};

}  // namespace

std::string ServerSeen::text(const std::string& name) const {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

long long ServerSeen::number(const std::string& name) const {
  return std::atoll(text(name).c_str());
}

Result<ServerSeen> inspect_server(CheckContext& context, world::Side& side) {
  ServerSeen seen;
  seen.which = side.which();
  seen.label = side.label();
  seen.scope = side.access().scope;
  TRY_ASSIGN(auto* session, context.session(side));
  TRY_ASSIGN(seen.patroni, side.patroni().config(context.deadline()));
  TRY_ASSIGN(seen.owner, fence::owner(*session, context.world().split.name, context.deadline()));
  TRY(ServerInspection(context, *session, seen).run());
  return seen;
}

namespace {

Result<InspectedSide> open_side(CheckContext& context, world::Side& side) {
  InspectedSide seen;
  seen.side = &side;
  TRY_ASSIGN(seen.session, context.session(side));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*seen.session, context.deadline()));
  seen.standby = recovery.in_recovery;
  TRY_ASSIGN(auto tables, world::tables_on(context.world(), side, context.deadline()));
  seen.tables = std::move(tables.split);
  return seen;
}

}  // namespace

Result<BothSides> inspect_both(CheckContext& context) {
  auto source = open_side(context, context.world().source);
  auto target = open_side(context, context.world().target);
  if (!source && !target) return fail(source.error());
  BothSides both;
  if (source) both.source = std::move(*source);
  if (target) both.target = std::move(*target);
  return both;
}

const InspectedSide& BothSides::home() const {
  if (target && (!target->standby || !source)) return *target;
  return *source;
}

std::vector<const InspectedSide*> BothSides::with_own_catalog() const {
  std::vector<const InspectedSide*> sides;
  for (const auto* side : {&source, &target}) {
    if (*side && !(*side)->standby) sides.push_back(&**side);
  }
  if (sides.empty()) sides.push_back(&home());
  return sides;
}

}  // namespace pgcleave::checks
