#include <catch2/catch.hpp>

#include "checks/settings/compare.h"
#include "checks/settings/server.h"
#include "two_clusters.h"

using namespace pgcleave;
using namespace pgcleave::checks;
using fence::Owner;

namespace {

ServerSeen a_server(Owner which) {
  ServerSeen seen;
  seen.which = which;
  seen.scope = which == Owner::source ? "main" : "ci";
  seen.label = std::string(fence::name_of(which)) + " " + seen.scope;
  seen.in_recovery = which == Owner::target;
  seen.user = "pgcleave";
  seen.patroni = Json::parse(R"({"postgresql": {"use_pg_rewind": true}})");
  seen.settings = {{"wal_level", "logical"},
                   {"max_replication_slots", "10"},
                   {"max_wal_senders", "10"},
                   {"max_logical_replication_workers", "4"},
                   {"max_worker_processes", "8"},
                   {"wal_log_hints", "on"},
                   {"data_checksums", "off"},
                   {"max_slot_wal_keep_size", "-1"},
                   {"fsync", "on"},
                   {"full_page_writes", "on"},
                   {"recovery_min_apply_delay", "0"},
                   {"restore_command", ""},
                   {"wal_retrieve_retry_interval", "1000"},
                   {"max_standby_streaming_delay", "30000"},
                   {"hot_standby_feedback", "on"},
                   {"temp_file_limit", "-1"},
                   {"maintenance_work_mem", "65536"},
                   {"max_connections", "100"},
                   {"superuser_reserved_connections", "3"},
                   {"statement_timeout", "0"},
                   {"default_transaction_read_only", "off"},
                   {"archive_mode", "on"},
                   {"archive_command", which == Owner::source ? "put main %p" : "put ci %p"},
                   {"shared_preload_libraries", "pg_stat_statements"},
                   {"TimeZone", "UTC"}};
  seen.hba = {"host all all all scram-sha-256"};
  return seen;
}

Lines judged(const ServerSeen& server, Stage stage = Stage::standby, Demand demand = {}, int budget_s = 5) {
  const auto found = judge_server(server, stage, demand, std::chrono::seconds(budget_s));
  Lines out;
  for (const auto& finding : found) {
    CHECK_FALSE(finding.evidence.empty());
    CHECK_FALSE(finding.query.empty());
    CHECK_FALSE(finding.why.empty());
    CHECK_FALSE(finding.fix.empty());
    out.push_back(std::string(name_of(finding.severity)) + " " + finding.id.substr(std::string("settings.").size()));
  }
  return out;
}
Lines source_with(const std::string& setting, const std::string& value, Stage stage = Stage::standby) {
  auto server = a_server(Owner::source);
  server.settings[setting] = value;
  return judged(server, stage);
}
Lines target_with(const std::string& setting, const std::string& value, Stage stage = Stage::standby) {
  auto server = a_server(Owner::target);
  server.settings[setting] = value;
  return judged(server, stage);
}
Lines differences(const ServerSeen& source, const ServerSeen& target, Stage stage = Stage::split) {
  return lines(judge_differences(source, target, stage));
}

}  // namespace

TEST_CASE("two servers with nothing wrong are silent at any stage") {
  for (const auto stage : {Stage::standby, Stage::promoted, Stage::split}) {
    CHECK(judged(a_server(Owner::source), stage).empty());
    CHECK(judged(a_server(Owner::target), stage).empty());
    CHECK(differences(a_server(Owner::source), a_server(Owner::target), stage).empty());
  }
}

TEST_CASE("what the links between the sides need has to be left, but not once they are made") {
  CHECK(source_with("wal_level", "replica") == Lines{"blocker wal_level"});
  auto source = a_server(Owner::source), target = a_server(Owner::target);
  source.slots = target.slots = 9;
  CHECK(judged(source) == Lines{"blocker slots_left"});  // two are needed there, one here
  CHECK(judged(target).empty());
  CHECK(judged(source, Stage::split).empty());
  source = target = a_server(Owner::source);
  source.senders = 9;
  CHECK(judged(source) == Lines{"blocker senders_left"});
  source = a_server(Owner::source);
  source.logical_workers = 4;
  CHECK(judged(source) == Lines{"blocker workers_left"});
  source = a_server(Owner::source);
  source.background_workers = 8;
  CHECK(judged(source) == Lines{"blocker processes_left"});
}

TEST_CASE("origins of subscriptions have a limit of their own from PostgreSQL 18 on") {
  auto source = a_server(Owner::source);
  source.origins = 10;
  CHECK(judged(source) == Lines{"blocker origins_left"});
  source.settings["max_active_replication_origins"] = "20";
  CHECK(judged(source).empty());
  CHECK(judged(source, Stage::split).empty());
  CHECK(source_with("max_active_replication_origins", "0") == Lines{"blocker origins_left"});
  CHECK(target_with("max_active_replication_origins", "0") == Lines{"blocker origins_left"});
}

TEST_CASE("a PostgreSQL that does not tell open transactions of a closed publication is named before the split") {
  CHECK(source_with("server_version_num", "150012") == Lines{"warning publication_cached"});
  CHECK(target_with("server_version_num", "170004", Stage::promoted) == Lines{"warning publication_cached"});
  CHECK(target_with("server_version_num", "170004", Stage::split).empty());
  CHECK(source_with("server_version_num", "150013").empty());
}

TEST_CASE("what a rollback by rewinding needs is named") {
  CHECK(source_with("wal_log_hints", "off") == Lines{"blocker no_hint_bits_in_wal"});
  auto server = a_server(Owner::source);
  server.settings["wal_log_hints"] = "off";
  server.settings["data_checksums"] = "on";
  CHECK(judged(server).empty());
  server = a_server(Owner::target);
  server.patroni = Json::parse(R"({"postgresql": {"use_pg_rewind": "off", "use_slots": false}})");
  CHECK(judged(server) == Lines{"warning pg_rewind_off", "warning slots_off"});
}

TEST_CASE("what slows down a promotion matters on a standby only") {
  for (const auto& [setting, value, id] :
       std::vector<std::array<const char*, 3>>{{"recovery_min_apply_delay", "5", "blocker recovery_delay"},
                                               {"restore_command", "cp x", "warning restore_command"},
                                               {"wal_retrieve_retry_interval", "1001", "warning wal_retry_interval"},
                                               {"max_standby_streaming_delay", "-1", "warning replay_held_up"},
                                               {"hot_standby_feedback", "off", "warning replay_held_up"}}) {
    CHECK(target_with(setting, value) == Lines{id});
    CHECK(target_with(setting, value, Stage::split).empty());
    CHECK(source_with(setting, value).empty());
  }
  auto server = a_server(Owner::target);
  server.settings["hot_standby_feedback"] = "off";
  CHECK(judged(server, Stage::standby, {}, 30).empty());
}

TEST_CASE("WAL that is not kept, and pages that a crash destroys, are named") {
  CHECK(source_with("max_slot_wal_keep_size", "1024") == Lines{"warning slot_wal_limited"});
  CHECK(target_with("fsync", "off") == Lines{"warning not_crash_safe"});
}

TEST_CASE("the largest index is measured against temporary files and memory") {
  Demand demand;
  demand.largest_index_bytes = 2LL << 30;
  demand.largest_index = "ci.big";
  auto server = a_server(Owner::target);
  CHECK(judged(server, Stage::standby, demand) == Lines{"note maintenance_memory"});
  server.settings["maintenance_work_mem"] = "1048576";
  CHECK(judged(server, Stage::standby, demand).empty());
  server.settings["temp_file_limit"] = "2097152";
  CHECK(judged(server, Stage::standby, demand).empty());
  server.settings["temp_file_limit"] = "2097151";
  CHECK(judged(server, Stage::standby, demand) == Lines{"warning temp_file_limit"});
}

TEST_CASE("connections that the pools may open have to be left on the target, those that they hold all the more") {
  Demand demand;
  demand.bouncers = 3;
  demand.connections_most = 60;
  demand.connections_now = 40;
  auto server = a_server(Owner::target);
  server.clients = 37;
  CHECK(judged(server, Stage::standby, demand).empty());
  server.clients = 38;
  CHECK(judged(server, Stage::standby, demand) == Lines{"warning connections_left"});
  server.clients = 58;
  CHECK(judged(server, Stage::promoted, demand) == Lines{"blocker connections_left"});
  CHECK(judged(server, Stage::split, demand).empty());
}

TEST_CASE("files with errors, changes that wait and libraries that differ are named") {
  auto server = a_server(Owner::target);
  server.pending_restart = {"shared_buffers"};
  server.file_errors = {"postgresql.conf:3 x: y"};
  server.hba_errors = {"line 3: z"};
  server.collations = {{"database app", "2.31", "2.36"}};
  server.extensions = {{"postgis", "3.1", false}, {"hll", "2.1", true}};
  CHECK(judged(server) == Lines{"warning pending_restart", "warning file_error", "warning hba_error",
                                "blocker collation_version", "blocker extension_unavailable",
                                "warning extension_unavailable"});
  server = a_server(Owner::source);
  server.collations = {{"database app", "2.31", "2.36"}};
  CHECK(judged(server) == Lines{"warning collation_version"});
}

TEST_CASE("sessions that are cut or read-only by default are named with whose they are") {
  CHECK(source_with("statement_timeout", "30000") == Lines{"warning own_sessions_cut"});
  CHECK(source_with("default_transaction_read_only", "on") == Lines{"blocker read_only_by_default"});
  auto server = a_server(Owner::source);
  server.role_settings = {{"role app", "work_mem=8MB, default_transaction_read_only=on"},
                          {"role other", "default_transaction_read_only=off"}};
  const auto found = judge_server(server, Stage::standby, {}, std::chrono::seconds(5));
  CHECK(lines(found) == Lines{"blocker settings.read_only_by_default role app on source main"});
}

TEST_CASE("settings that clients would notice are compared, and capacity in one direction only") {
  auto source = a_server(Owner::source), target = a_server(Owner::target);
  target.settings["TimeZone"] = "Asia/Tokyo";
  target.settings["max_connections"] = "200";
  CHECK(differences(source, target) == Lines{"warning settings.differs TimeZone"});
  target = a_server(Owner::target);
  target.settings["max_connections"] = "99";
  CHECK(differences(source, target) == Lines{"warning settings.smaller_on_target max_connections"});
  target = a_server(Owner::target);
  source.settings["shared_preload_libraries"] = "pg_stat_statements, \"pg_cron\"";
  CHECK(differences(source, target) == Lines{"blocker settings.library_not_loaded library pg_cron on target ci"});
}

TEST_CASE("one archive for both sides is named if both archive") {
  auto source = a_server(Owner::source), target = a_server(Owner::target);
  target.settings["archive_command"] = source.settings["archive_command"];
  CHECK(differences(source, target) == Lines{"warning settings.archive_shared archive_command"});
  target.settings["archive_mode"] = "off";
  CHECK(differences(source, target).empty());
}

TEST_CASE("rules of pg_hba.conf that are missing on the side where clients will go are named") {
  auto source = a_server(Owner::source), target = a_server(Owner::target);
  source.hba.push_back("host app batch 10.0.0.0 255.0.0.0 scram-sha-256");
  CHECK(differences(source, target, Stage::standby) == Lines{"warning settings.hba_differs pg_hba.conf on target ci"});
  CHECK(differences(source, target, Stage::split).empty());
  CHECK(differences(a_server(Owner::source), a_server(Owner::target), Stage::standby).empty());
}

TEST_CASE("settings of roles are compared once each side has its own") {
  auto source = a_server(Owner::source), target = a_server(Owner::target);
  source.role_settings = {{"role app", "statement_timeout=1s"}, {"role both", "x=1"}};
  target.role_settings = {{"role both", "x=1"}, {"role ci in database app", "y=2"}};
  CHECK(differences(source, target, Stage::standby).empty());
  CHECK(differences(source, target) == Lines{"warning settings.role_settings_differ role app",
                                             "warning settings.role_settings_differ role ci in database app"});
}
