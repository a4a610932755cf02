#include "bouncer_config.h"

#include <fmt/format.h>

namespace pgcleave_lab {

std::string bouncer_config(const Lab& lab, const Bouncer& bouncer) {
  return fmt::format(R"(; PgBouncer in front of the tables that {purpose}
[databases]
{database} = host={server} port={leader} dbname={database}

[pgbouncer]
listen_addr = 127.0.0.1{also}
listen_port = {port}
unix_socket_dir = {sockets}
auth_type = scram-sha-256
auth_file = {folder}/bouncer.users
admin_users = pgcleave_admin
stats_users = pgcleave_admin
pool_mode = transaction
default_pool_size = 20
max_client_conn = 1000
ignore_startup_parameters = extra_float_digits
logfile = {logs}/{name}.log
pidfile = {folder}/{name}.pid
; clients that reconnect all the time would fill the log
log_connections = 0
log_disconnections = 0
)",
                     fmt::arg("purpose", bouncer.moved ? "move" : "stay"), fmt::arg("database", database_name),
                     fmt::arg("server", lab.server_address()),
                     fmt::arg("also", lab.server_address() == loopback_address ? "" : ", " + lab.server_address()),
                     fmt::arg("leader", lab.member("main-1").postgres_port), fmt::arg("port", bouncer.port),
                     fmt::arg("sockets", lab.socket_folder().string()), fmt::arg("folder", lab.folder.string()),
                     fmt::arg("logs", lab.log_folder().string()), fmt::arg("name", bouncer.name));
}

// Plain passwords: PgBouncer logs in to the servers with them, which it cannot do with a SCRAM secret alone.
std::string bouncer_users(const Passwords& passwords) {
  return fmt::format("\"app\" \"{}\"\n\"pgcleave\" \"{}\"\n\"pgcleave_admin\" \"{}\"\n", passwords.app,
                     passwords.pgcleave, passwords.console);
}

}  // namespace pgcleave_lab
