#include "patroni_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "files.h"

namespace pgcleave_lab {
namespace {

using nlohmann::json;

json server_parameters() {
  return {{"wal_level", "logical"},
          {"wal_log_hints", "on"},
          {"max_connections", 300},
          {"max_wal_senders", 20},
          {"max_replication_slots", 20},
          {"max_prepared_transactions", 10},
          {"wal_keep_size", "256MB"},
          {"wal_retrieve_retry_interval", "1s"},
          {"hot_standby", "on"},
          {"hot_standby_feedback", "on"},
          {"shared_buffers", "64MB"},
          {"fsync", "on"},
          {"track_commit_timestamp", "off"},
          {"password_encryption", "scram-sha-256"},
          {"shared_preload_libraries", "pg_stat_statements"},
          {"pg_stat_statements.max", 10000},
          {"log_statement", "none"},
          {"log_line_prefix", "%m [%p] %a %u %d %r "},
          {"logging_collector", "on"},
          {"log_rotation_age", 0},
          {"log_rotation_size", 0}};
}

json first_configuration(const Lab& lab, const Member& member) {
  json dcs = {{"ttl", 30},
              {"loop_wait", 10},
              {"retry_timeout", 10},
              {"maximum_lag_on_failover", 1048576},
              {"postgresql", {{"use_pg_rewind", true}, {"use_slots", true}, {"parameters", server_parameters()}}}};
  // Declared from the start: Patroni drops a slot that it does not know, and the standby then cannot stream.
  if (member.scope == "main") dcs["slots"] = {{"ci_cluster", {{"type", "physical"}}}};
  if (member.scope == "ci")
    dcs["standby_cluster"] = {{"host", lab.server_address()},
                              {"port", lab.member("main-1").postgres_port},
                              {"primary_slot_name", "ci_cluster"},
                              {"create_replica_methods", json::array({"basebackup"})}};
  return dcs;
}

}  // namespace

Passwords random_passwords() {
  const auto one = [] { return random_text(24); };
  return {one(), one(), one(), one(), one(), one(), one(), one(), one(), one(), one()};
}

// JSON is YAML: no quoting to get wrong.
std::string patroni_config(const Lab& lab, const Member& member, const Passwords& passwords) {
  const bool main = member.scope == "main";
  const std::string postgres = Lab::with_port(lab.server_address(), member.postgres_port);
  const std::string listen = lab.server_address() == loopback_address
                                 ? postgres
                                 : fmt::format("127.0.0.1,{}:{}", lab.server_address(), member.postgres_port);
  const std::string rest = Lab::with_port(lab.server_address(), member.rest_port);
  const json access = json::array(
      {"local all all scram-sha-256", "host all all 127.0.0.1/32 scram-sha-256", "host all all ::1/128 scram-sha-256",
       "host replication all 127.0.0.1/32 scram-sha-256", "host replication all ::1/128 scram-sha-256"});
  const auto login = [](const std::string& user, const std::string& password) {
    return json{{"username", user}, {"password", password}};
  };
  json config = {
      {"scope", member.scope},
      {"name", member.name},
      {"namespace", "/pgcleave/"},
      {"restapi", {{"listen", rest}, {"connect_address", rest}, {"authentication", login("pgcleave", passwords.rest)}}},
      {"etcd3", {{"host", fmt::format("127.0.0.1:{}", lab.etcd_port)}}},
      {"watchdog", {{"mode", "off"}}},
      {"bootstrap",
       {{"dcs", first_configuration(lab, member)},
        {"initdb", json::array({{{"encoding", "UTF8"}}, {{"locale", "C.UTF-8"}}, {{"auth", "scram-sha-256"}}})}}},
      {"postgresql",
       {{"listen", listen},
        {"connect_address", postgres},
        {"data_dir", lab.data_folder(member)},
        {"bin_dir", lab.postgres_bin},
        {"pgpass", lab.folder / "data" / (member.name + ".pgpass")},
        {"pg_hba", access},
        {"authentication",
         {{"superuser", login("postgres", passwords.postgres)},
          {"replication", main ? login("replicator_main", passwords.replicator_main)
                               : login("replicator_ci", passwords.replicator_ci)},
          {"rewind", main ? login("rewind_main", passwords.rewind_main) : login("rewind_ci", passwords.rewind_ci)}}},
        {"parameters",
         {{"unix_socket_directories", lab.socket_folder()},
          {"log_directory", lab.log_folder()},
          {"log_filename", member.name + ".postgres.log"}}},
        {"create_replica_methods", json::array({"basebackup"})},
        {"basebackup", json::array({{{"checkpoint", "fast"}}})}}}};
  return config.dump(2) + "\n";
}

std::string roles_sql(const Lab& lab, const Passwords& passwords) {
  const auto role = [](const char* name, const char* rights, const std::string& password) {
    return fmt::format(
        "do $$ begin if to_regrole('{0}') is null then create role {0}; end if; end $$;\n"
        "alter role {0} with login {1} password '{2}';\n",
        name, rights, password);
  };
  std::string sql = role("pgcleave", "superuser", passwords.pgcleave) + role("app", "nosuperuser", passwords.app) +
                    role("replicator_main", "replication", passwords.replicator_main) +
                    role("replicator_ci", "replication", passwords.replicator_ci) +
                    role("rewind_main", "nosuperuser", passwords.rewind_main) +
                    role("rewind_ci", "nosuperuser", passwords.rewind_ci);
  if (lab.least_role)
    sql += role(least_role_name, "nosuperuser", passwords.least) + role(link_role_name, "replication", passwords.link);
  for (const char* function : {"pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)",
                               "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)"})
    sql += fmt::format("grant execute on function pg_catalog.{} to rewind_main, rewind_ci;\n", function);
  return sql;
}

}  // namespace pgcleave_lab
