#include "checks/settings/server.h"

#include "base/format.h"
#include "base/units.h"
#include "checks/finding.h"
#include "postgres/identity.h"

namespace pgcleave::checks {
namespace {

using fence::Owner;

class ServerJudge : Judging {
 public:
  ServerJudge(const ServerSeen& server, Stage stage, const Demand& demand, Duration budget)
      : Judging("settings"), server_(server), stage_(stage), demand_(demand), budget_(budget) {}

  Findings run() {
    inspect_logical_replication();
    inspect_rewind();
    inspect_wal();
    if (server_.which == Owner::target && stage_ == Stage::standby) inspect_promotion();
    inspect_memory();
    if (server_.which == Owner::target && before()) inspect_connections();
    inspect_files();
    inspect_sessions();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool before() const { return stage_ == Stage::standby || stage_ == Stage::promoted; }
  [[nodiscard]] std::string on(const std::string& setting) const {
    return fmt::format("{} on {}", setting, server_.label);
  }
  [[nodiscard]] std::string is(const std::string& setting) const {
    return fmt::format("{} is {}", setting, server_.text(setting));
  }
  static std::string show(const std::string& setting) { return "SHOW " + setting; }
  [[nodiscard]] std::string change(const std::string& setting, const std::string& value) const {
    return fmt::format("patronictl edit-config {} -p {}={}", server_.scope, setting, value);
  }

  // A run makes two slots on the source (the link over, the WAL that a rewind needs) and one on the target (the link
  // back).
  void inspect_logical_replication() {
    if (!server_.is("wal_level", "logical")) {
      add("wal_level", Severity::blocker, on("wal_level"), is("wal_level"), show("wal_level"),
          "changes can't be sent to the other side: there is no rollback after the split",
          change("wal_level", "logical") + ", then restart");
    }
    if (!before()) return;
    if (const auto version = server_.number("server_version_num");
        version > 0 && !postgres::invalidates_publications(static_cast<int>(version))) {
      add("publication_cached", Severity::warning, server_.label,
          fmt::format("its PostgreSQL is {}", server_.text("server_version")), "SHOW server_version",
          "open transactions there do not notice that a publication was closed: logical-switchover is refused",
          "update PostgreSQL to 15.13, 16.9, 17.5 or later, or use promote-standby");
    }
    const int needed = server_.which == Owner::source ? 2 : 1;
    left("max_replication_slots", server_.slots, needed, "slots_left", "SELECT slot_name FROM pg_replication_slots");
    left("max_wal_senders", server_.senders, needed, "senders_left",
         "SELECT application_name FROM pg_stat_replication");
    left("max_logical_replication_workers", server_.logical_workers, 1, "workers_left",
         "SELECT subname, pid FROM pg_stat_subscription");
    // A limit of its own since PostgreSQL 18.
    left(server_.settings.contains("max_active_replication_origins") ? "max_active_replication_origins"
                                                                     : "max_replication_slots",
         server_.origins, 1, "origins_left", "SELECT roname FROM pg_replication_origin");
    left("max_worker_processes", server_.background_workers + server_.logical_workers, 1, "processes_left",
         "SELECT backend_type, count(*) FROM pg_stat_activity GROUP BY 1");
  }

  void left(const char* setting, int used, int needed, const char* id, const char* query) {
    const auto most = server_.number(setting);
    if (most - used >= needed) return;
    add(id, Severity::blocker, on(setting),
        fmt::format("{}, {} are in use by others, {} needed", is(setting), used, needed), query,
        "a run would fail when it makes the links between the sides",
        change(setting, std::to_string(used + needed + 5)) + ", then restart");
  }

  void inspect_rewind() {
    if (!server_.is("wal_log_hints", "on") && !server_.is("data_checksums", "on")) {
      add("no_hint_bits_in_wal", Severity::blocker, on("wal_log_hints"), "wal_log_hints and data_checksums are off",
          "SHOW wal_log_hints; SHOW data_checksums",
          "pg_rewind can't make this side a standby again: it has to be copied anew",
          change("wal_log_hints", "on") + ", then restart");
    }
    if (!patroni::is_on(patroni::object_at(server_.patroni, {"postgresql"}), "use_pg_rewind")) {
      add("pg_rewind_off", Severity::warning, server_.label,
          "postgresql.use_pg_rewind is not on in Patroni's configuration", "patronictl show-config " + server_.scope,
          "a side that was promoted can't go back by rewinding: it has to be copied anew",
          fmt::format("patronictl edit-config {} -s postgresql.use_pg_rewind=true", server_.scope));
    }
  }

  void inspect_wal() {
    if (server_.number("max_slot_wal_keep_size") >= 0) {
      add("slot_wal_limited", Severity::warning, on("max_slot_wal_keep_size"), is("max_slot_wal_keep_size") + " MB",
          show("max_slot_wal_keep_size"),
          "a slot that falls behind by more is lost, and with it the rollback, or the standby",
          change("max_slot_wal_keep_size", "-1"));
    }
    if (const auto slots = patroni::object_at(server_.patroni, {"postgresql"});
        slots.contains("use_slots") && !patroni::is_on(slots, "use_slots")) {
      add("slots_off", Severity::warning, server_.label, "postgresql.use_slots is off in Patroni's configuration",
          "patronictl show-config " + server_.scope,
          "Patroni makes no slots: WAL that a standby or a rewind needs is removed",
          fmt::format("patronictl edit-config {} -s postgresql.use_slots=true", server_.scope));
    }
    for (const auto* setting : {"fsync", "full_page_writes"}) {
      if (!server_.is(setting, "off")) continue;
      add("not_crash_safe", Severity::warning, on(setting), is(setting), show(setting),
          "a crash loses or destroys what clients were told is stored", change(setting, "on"));
    }
  }

  void inspect_promotion() {
    const auto* const target_query =
        "SELECT name, setting, unit FROM pg_settings WHERE name ~ 'recovery|restore|standby|retry'";
    if (server_.number("recovery_min_apply_delay") > 0) {
      add("recovery_delay", Severity::blocker, on("recovery_min_apply_delay"), is("recovery_min_apply_delay") + " ms",
          target_query, "the window would wait that long for the last writes",
          fmt::format("patronictl edit-config {} -s standby_cluster.recovery_min_apply_delay=null", server_.scope));
    }
    if (const auto command = server_.text("restore_command"); !command.empty()) {
      add("restore_command", Severity::warning, on("restore_command"), command, show("restore_command"),
          "a promotion runs it about five times while clients wait: 2 s a time are 10 s of pause",
          fmt::format(
              "take it away for the window: patronictl edit-config {} -s standby_cluster.restore_command=null -s "
              "postgresql.recovery_conf.restore_command=null",
              server_.scope));
    }
    if (const auto ms = server_.number("wal_retrieve_retry_interval"); ms > 1000) {
      add("wal_retry_interval", Severity::warning, on("wal_retrieve_retry_interval"), fmt::format("it is {} ms", ms),
          show("wal_retrieve_retry_interval"),
          "if the stream broke shortly before, a promotion waits for the rest of this time",
          change("wal_retrieve_retry_interval", "1s"));
    }
    const auto delay_ms = server_.number("max_standby_streaming_delay");
    const bool feedback = server_.is("hot_standby_feedback", "on");
    if (delay_ms < 0 || (!feedback && delay_ms * 1000 > budget_.count())) {
      add("replay_held_up", Severity::warning, on("max_standby_streaming_delay"),
          fmt::format("it is {}, hot_standby_feedback is {}",
                      delay_ms < 0 ? "without bound" : to_text(std::chrono::milliseconds(delay_ms)),
                      server_.text("hot_standby_feedback")),
          target_query, "a query on the standby may hold up replay for that long, and the window with it",
          change("max_standby_streaming_delay", "1s") + " for the window, or hot_standby_feedback=on");
    }
  }

  void inspect_memory() {
    const auto index = fmt::format("the largest index of the moved tables, {}, has {}", demand_.largest_index,
                                   to_text(Bytes{demand_.largest_index_bytes}));
    const auto* const query =
        "SELECT indexrelid::regclass, pg_relation_size(indexrelid) FROM pg_index ORDER BY 2 DESC LIMIT 1";
    const auto limit_kb = server_.number("temp_file_limit");
    if (limit_kb >= 0 && server_.settings.contains("temp_file_limit") &&
        demand_.largest_index_bytes > limit_kb * 1024) {
      add("temp_file_limit", Severity::warning, on("temp_file_limit"),
          fmt::format("it is {}; {}", to_text(Bytes{limit_kb * 1024}), index), query,
          "building such an index again would be refused half way",
          fmt::format("ALTER ROLE {} SET temp_file_limit = -1", postgres::quote_identifier(server_.user)));
    }
    const auto memory = server_.number("maintenance_work_mem") * 1024;
    if (demand_.largest_index_bytes >= (1LL << 30) && memory * 20 < demand_.largest_index_bytes) {
      add("maintenance_memory", Severity::note, on("maintenance_work_mem"),
          fmt::format("it is {}; {}", to_text(Bytes{memory}), index), query,
          "building such an index again takes many passes over temporary files",
          "SET maintenance_work_mem = '1GB' in the session that builds it");
    }
  }

  void inspect_connections() {
    const auto most = server_.number("max_connections") - server_.number("superuser_reserved_connections");
    const auto left = most - server_.clients;
    if (left >= demand_.connections_most) return;
    const bool now = left < demand_.connections_now;
    add("connections_left", now ? Severity::blocker : Severity::warning, on("max_connections"),
        fmt::format("{} are left; {} bouncers hold {} now and may open {}", left, demand_.bouncers,
                    demand_.connections_now, demand_.connections_most),
        "SHOW max_connections; SHOW DATABASES on each bouncer",
        "clients that come after the window are refused by the target",
        change("max_connections", std::to_string(server_.number("max_connections") + demand_.connections_most - left)) +
            ", then restart; or smaller pools");
  }

  void inspect_files() {
    if (!server_.pending_restart.empty()) {
      add("pending_restart", Severity::warning, server_.label,
          fmt::format("not in force yet: {}", fmt::join(server_.pending_restart, ", ")),
          "SELECT name FROM pg_settings WHERE pending_restart",
          "the next restart, of a reattach for example, changes more than what it is for",
          "patronictl restart " + server_.scope + ", or take the change back");
    }
    if (!server_.file_errors.empty()) {
      add("file_error", Severity::warning, server_.label, fmt::format("{}", fmt::join(server_.file_errors, "; ")),
          "SELECT * FROM pg_file_settings WHERE error IS NOT NULL",
          "no change of a setting takes effect, or the next restart fails", "correct the file");
    }
    if (!server_.hba_errors.empty()) {
      add("hba_error", Severity::warning, "pg_hba.conf on " + server_.label,
          fmt::format("{}", fmt::join(server_.hba_errors, "; ")),
          "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL",
          "no change of it takes effect, and the next restart fails", "correct the file");
    }
    for (const auto& collation : server_.collations) {
      add("collation_version", server_.which == Owner::target ? Severity::blocker : Severity::warning,
          fmt::format("{} on {}", collation.name, server_.label),
          fmt::format("its indexes were built by version {}, the library there is {}", collation.stored,
                      collation.actual),
          "SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database",
          "text is sorted by other rules than the indexes were: rows are not found, and unique keys are stored twice",
          "install the same library on both sides; else REINDEX after the promotion, then ALTER DATABASE ... REFRESH "
          "COLLATION VERSION");
    }
    for (const auto& extension : server_.extensions) {
      add("extension_unavailable", extension.files_there ? Severity::warning : Severity::blocker,
          fmt::format("extension {} on {}", extension.name, server_.label),
          extension.files_there ? fmt::format("version {} is installed, its machine has others only", extension.version)
                                : "it is installed in the database, its files are not on the machine",
          "SELECT name, version FROM pg_available_extension_versions", "its functions fail once this side takes writes",
          "install the package of the same version as on the other side");
    }
  }

  void inspect_sessions() {
    for (const auto* setting : {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                                "idle_session_timeout", "transaction_timeout"}) {
      if (server_.number(setting) <= 0) continue;
      add("own_sessions_cut", Severity::warning, fmt::format("user {} on {}", server_.user, server_.label),
          fmt::format("{} is {} ms for it", setting, server_.number(setting)), show(setting),
          "pgcleave's own statements and sessions would be cut, some of them inside the window",
          fmt::format("ALTER ROLE {} SET {} = 0", postgres::quote_identifier(server_.user), setting));
    }
    for (const auto& [who, what] : server_.role_settings) {
      if (what.find("default_transaction_read_only=on") == std::string::npos &&
          what.find("default_transaction_read_only=true") == std::string::npos)
        continue;
      read_only(who, what);
    }
    if (server_.is("default_transaction_read_only", "on"))
      read_only("user " + server_.user, is("default_transaction_read_only"));
  }

  void read_only(const std::string& who, const std::string& seen) {
    add("read_only_by_default", Severity::blocker, fmt::format("{} on {}", who, server_.label), seen,
        "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting",
        "its writes are refused on whichever side serves",
        "ALTER DATABASE or ALTER ROLE ... RESET default_transaction_read_only");
  }

  const ServerSeen& server_;
  Stage stage_;
  const Demand& demand_;
  Duration budget_;
};

}  // namespace

Findings judge_server(const ServerSeen& server, Stage stage, const Demand& demand, Duration budget) {
  return ServerJudge(server, stage, demand, budget).run();
}

}  // namespace pgcleave::checks
