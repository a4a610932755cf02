#include "pgbouncer/console_answers.h"

#include <algorithm>
#include <charconv>

#include "base/address.h"
#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

std::string text_of(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  return rows.has(column) ? rows.text(row, column) : "";
}

// 0 for what is no number, or too large to be one of these.
int number_of(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  const auto text = text_of(rows, row, column);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<void> needs(const postgres::Rows& rows, const std::string& object, const std::string& command,
                   const std::vector<std::string>& columns) {
  for (const auto& column : columns) {
    if (rows.has(column)) continue;
    return fail({ErrorKind::failed, object, command + " lacks a column", column,
                 "another version's answer, or not PgBouncer's console", "", ""});
  }
  return {};
}

Database database_in(const postgres::Rows& rows, std::size_t row) {
  Database out;
  out.name = rows.text(row, "name");
  out.host = rows.text(row, "host");
  out.port = number_of(rows, row, "port");
  out.database = text_of(rows, row, "database");
  out.force_user = text_of(rows, row, "force_user");
  out.pool_mode = text_of(rows, row, "pool_mode");
  out.paused = number_of(rows, row, "paused") != 0;
  out.disabled = number_of(rows, row, "disabled") != 0;
  out.current_connections = number_of(rows, row, "current_connections");
  out.pool_size = number_of(rows, row, "pool_size");
  out.max_connections = number_of(rows, row, "max_connections");
  return out;
}

// 1.18 writes "unix" or an address, newer ones too; remote_pid is the backend for servers, the client's pid on Unix
// sockets.
ActiveServer active_server(const postgres::Rows& servers, std::size_t server, const postgres::Rows& clients) {
  ActiveServer out{number_of(servers, server, "remote_pid"), ""};
  const auto link = text_of(servers, server, "link");
  for (std::size_t row = 0; row < clients.size(); ++row) {
    if (link.empty() || text_of(clients, row, "ptr") != link) continue;
    out.client = fmt::format("{} from {}", text_of(clients, row, "user"),
                             address_text(text_of(clients, row, "addr"), text_of(clients, row, "port")));
    const auto application = text_of(clients, row, "application_name");
    if (!application.empty()) out.client += fmt::format(" ({})", application);
    break;
  }
  return out;
}

}  // namespace

Result<std::vector<Database>> databases_in(const postgres::Rows& rows, const std::string& console) {
  TRY(needs(rows, console, "SHOW DATABASES", {"name", "host", "port", "paused"}));
  std::vector<Database> out;
  for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(database_in(rows, row));
  return out;
}

Result<std::map<std::string, ConsoleSetting>> settings_in(const postgres::Rows& rows, const std::string& console) {
  TRY(needs(rows, console, "SHOW CONFIG", {"key", "value"}));
  std::map<std::string, ConsoleSetting> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    out[rows.text(row, "key")] = {rows.text(row, "value"), text_of(rows, row, "default"),
                                  text_of(rows, row, "changeable") == "yes"};
  }
  return out;
}

std::string ActiveServer::text() const {
  return fmt::format("server pid {} of {}", server_pid,
                     client.empty() ? "no client: it is being closed or logged in" : client);
}

Result<std::vector<ActiveServer>> active_servers_in(const postgres::Rows& servers, const postgres::Rows& clients,
                                                    const std::string& database, const std::string& console) {
  TRY(needs(servers, console, "SHOW SERVERS", {"database", "state", "link"}));
  std::vector<ActiveServer> out;
  for (std::size_t row = 0; row < servers.size(); ++row) {
    if (servers.text(row, "database") != database || servers.text(row, "state") != "active") continue;
    out.push_back(active_server(servers, row, clients));
  }
  return out;
}

Result<std::vector<std::string>> column_in(const postgres::Rows& rows, const std::string& column,
                                           const std::string& command, const std::string& console) {
  TRY(needs(rows, console, command, {column}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.text(row, column));
  return out;
}

Result<std::vector<std::string>> pool_users_in(const postgres::Rows& pools, const std::string& database,
                                               const std::string& console) {
  TRY(needs(pools, console, "SHOW POOLS", {"database", "user"}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < pools.size(); ++row) {
    if (pools.text(row, "database") == database) out.push_back(pools.text(row, "user"));
  }
  return out;
}

Result<int> sum_in(const postgres::Rows& pools, const std::string& database, const std::string& column,
                   const std::string& console) {
  TRY(needs(pools, console, "SHOW POOLS", {"database", column}));
  std::int64_t sum = 0;
  for (std::size_t row = 0; row < pools.size(); ++row) {
    if (pools.text(row, "database") == database) sum += number_of(pools, row, column);
  }
  return static_cast<int>(std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX));
}

Result<int> clients_in(const postgres::Rows& lists, const std::string& console) {
  TRY(needs(lists, console, "SHOW LISTS", {"list", "items"}));
  for (std::size_t row = 0; row < lists.size(); ++row) {
    if (lists.text(row, "list") == "used_clients") return number_of(lists, row, "items");
  }
  return 0;
}

Result<bool> process_paused_in(const postgres::Rows& rows, const std::string& console) {
  TRY(needs(rows, console, "SHOW STATE", {"key", "value"}));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.text(row, "key") == "paused") return rows.text(row, "value") == "yes";
  }
  return fail(
      {ErrorKind::failed, console, "SHOW STATE does not say whether it is paused", "a row `paused`", "", "", ""});
}

Result<std::string> version_in(const postgres::Rows& rows, const std::string& console) {
  TRY(needs(rows, console, "SHOW VERSION", {"version"}));
  return rows.empty() ? "" : rows.text(0, "version");
}

}  // namespace pgcleave::pgbouncer
