#include "pgbouncer/console.h"

#include <cstdlib>
#include <map>

#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

// The console's own unquoting: "..." with "" for one (PgBouncer 1.18, admin.c).
std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string text_of(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  return rows.has(column) ? rows.text(row, column) : "";
}

int number_of(const postgres::Rows& rows, std::size_t row, const std::string& column) {
  return std::atoi(text_of(rows, row, column).c_str());
}

Result<void> needs(const postgres::Rows& rows, const std::string& object, const std::string& command,
                   const std::vector<std::string>& columns) {
  for (const auto& column : columns) {
    if (rows.has(column)) continue;
    return fail(
        {ErrorKind::failed, object, command + " lacks a column", column, "another version's answer, or not PgBouncer's console", "", ""});
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

// 1.18 writes "unix" or an address, newer ones too; remote_pid is the backend for servers, the client's pid on Unix sockets.
std::string holder(const postgres::Rows& servers, std::size_t server, const postgres::Rows& clients) {
  std::string out = fmt::format("server pid {}", text_of(servers, server, "remote_pid"));
  const auto link = text_of(servers, server, "link");
  for (std::size_t row = 0; row < clients.size(); ++row) {
    if (link.empty() || text_of(clients, row, "ptr") != link) continue;
    out += fmt::format(" of {} from {}:{}", text_of(clients, row, "user"), text_of(clients, row, "addr"), text_of(clients, row, "port"));
    const auto application = text_of(clients, row, "application_name");
    if (!application.empty()) out += fmt::format(" ({})", application);
    return out;
  }
  return out + " of no client: it is being closed or logged in";
}

}  // namespace

Console::Console(postgres::Connection connection) : connection_(std::move(connection)) {}

Result<Console> Console::open(const postgres::Settings& settings, Deadline deadline) {
  return std::move(open_all({settings}, deadline).front());
}

std::vector<Result<Console>> Console::open_all(const std::vector<postgres::Settings>& settings, Deadline deadline) {
  auto wanted = settings;
  for (auto& one : wanted) one.values["dbname"] = "pgbouncer";
  std::vector<Result<Console>> consoles;
  for (auto& connection : postgres::Connection::open_all(wanted, deadline)) {
    if (connection) {
      consoles.emplace_back(Console(std::move(*connection)));
    } else {
      consoles.emplace_back(fail(connection.error()));
    }
  }
  return consoles;
}

Result<std::vector<Database>> Console::databases(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW DATABASES", deadline));
  TRY(needs(rows, name(), "SHOW DATABASES", {"name", "host", "port", "paused"}));
  std::vector<Database> out;
  for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(database_in(rows, row));
  return out;
}

Result<Database> Console::database(const std::string& wanted, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW DATABASES", deadline));
  TRY(needs(rows, name(), "SHOW DATABASES", {"name", "host", "port", "paused"}));
  std::vector<std::string> names;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.text(row, "name") == wanted) return database_in(rows, row);
    names.push_back(rows.text(row, "name"));
  }
  return fail({ErrorKind::not_ready, name(), fmt::format("serves no database {}", wanted), wanted,
               fmt::format("{}", fmt::join(names, ", ")), "check the pool's database in the environment file against [databases]", ""});
}

Result<std::map<std::string, ConsoleSetting>> Console::settings(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW CONFIG", deadline));
  TRY(needs(rows, name(), "SHOW CONFIG", {"key", "value"}));
  std::map<std::string, ConsoleSetting> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    out[rows.text(row, "key")] = {rows.text(row, "value"), text_of(rows, row, "default"), text_of(rows, row, "changeable") == "yes"};
  }
  return out;
}

Result<std::string> Console::setting(const std::string& key, Deadline deadline) {
  TRY_ASSIGN(const auto all, settings(deadline));
  const auto found = all.find(key);
  if (found != all.end()) return found->second.value;
  return fail({ErrorKind::not_ready, name(), "has no setting " + key, "a row in SHOW CONFIG", "", "", ""});
}

Result<void> Console::set(const std::string& key, const std::string& value, Deadline deadline) {
  TRY(connection_.simple(fmt::format("SET {} = {}", key, postgres::quote_literal(value)), deadline));
  return {};
}

Result<void> Console::reload(Deadline deadline) {
  TRY(connection_.simple("RELOAD", deadline));
  return {};
}

Result<void> Console::resume(const std::string& wanted, Deadline deadline) {
  TRY(begin_resume(wanted));
  return finish_resume(wanted, deadline);
}

Result<void> Console::begin_resume(const std::string& database) {
  return connection_.send("RESUME " + quoted(database));
}

Result<void> Console::finish_resume(const std::string& wanted, Deadline deadline) {
  const auto answer = connection_.receive(deadline);
  if (answer) return {};
  if (answer.error().kind != ErrorKind::failed || !alive()) return fail(answer.error());
  // RESUME of what is not paused is an error (all versions): the state decides.
  TRY_ASSIGN(const auto seen, database(wanted, deadline));
  if (seen.paused) return fail(answer.error());
  return {};
}

Result<void> Console::begin_pause(const std::string& database) {
  return connection_.send("PAUSE " + quoted(database));
}

Result<bool> Console::answered() {
  return connection_.answered();
}

Result<void> Console::finish_pause(Deadline deadline) {
  TRY(connection_.receive(deadline));
  return {};
}

Result<std::vector<std::string>> Console::holding(const std::string& database, Deadline deadline) {
  TRY_ASSIGN(const auto servers, connection_.simple("SHOW SERVERS", deadline));
  TRY_ASSIGN(const auto clients, connection_.simple("SHOW CLIENTS", deadline));
  TRY(needs(servers, name(), "SHOW SERVERS", {"database", "state", "link"}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < servers.size(); ++row) {
    if (servers.text(row, "database") != database || servers.text(row, "state") != "active") continue;
    out.push_back(holder(servers, row, clients));
  }
  return out;
}

Result<std::vector<std::string>> Console::client_applications(Deadline deadline) {
  TRY_ASSIGN(const auto clients, connection_.simple("SHOW CLIENTS", deadline));
  TRY(needs(clients, name(), "SHOW CLIENTS", {"application_name"}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < clients.size(); ++row) out.push_back(clients.text(row, "application_name"));
  return out;
}

Result<int> Console::in_pools(const std::string& database, const std::string& column, Deadline deadline) {
  TRY_ASSIGN(const auto pools, connection_.simple("SHOW POOLS", deadline));
  TRY(needs(pools, name(), "SHOW POOLS", {"database", column}));
  int sum = 0;
  for (std::size_t row = 0; row < pools.size(); ++row) {
    if (pools.text(row, "database") == database) sum += number_of(pools, row, column);
  }
  return sum;
}

Result<int> Console::waiting_clients(const std::string& database, Deadline deadline) {
  return in_pools(database, "cl_waiting", deadline);
}

Result<int> Console::logins(const std::string& database, Deadline deadline) {
  return in_pools(database, "sv_login", deadline);
}

Result<std::vector<std::string>> Console::pool_users(const std::string& database, Deadline deadline) {
  TRY_ASSIGN(const auto pools, connection_.simple("SHOW POOLS", deadline));
  TRY(needs(pools, name(), "SHOW POOLS", {"database", "user"}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < pools.size(); ++row) {
    if (pools.text(row, "database") == database) out.push_back(pools.text(row, "user"));
  }
  return out;
}

Result<std::vector<std::string>> Console::known_users(Deadline deadline) {
  TRY_ASSIGN(const auto users, connection_.simple("SHOW USERS", deadline));
  TRY(needs(users, name(), "SHOW USERS", {"name"}));
  std::vector<std::string> out;
  for (std::size_t row = 0; row < users.size(); ++row) out.push_back(users.text(row, "name"));
  return out;
}

Result<int> Console::clients(Deadline deadline) {
  TRY_ASSIGN(const auto lists, connection_.simple("SHOW LISTS", deadline));
  TRY(needs(lists, name(), "SHOW LISTS", {"list", "items"}));
  for (std::size_t row = 0; row < lists.size(); ++row) {
    if (lists.text(row, "list") == "used_clients") return number_of(lists, row, "items");
  }
  return 0;
}

Result<std::string> Console::version(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW VERSION", deadline));
  TRY(needs(rows, name(), "SHOW VERSION", {"version"}));
  return rows.empty() ? "" : rows.text(0, "version");
}

bool Console::alive() const {
  return connection_.alive();
}

bool Console::busy() const {
  return connection_.busy();
}

const std::string& Console::name() const {
  return connection_.name();
}

void Console::close() {
  connection_.close();
}

Result<void> Console::send(const std::string& command) {
  return connection_.send(command);
}

Result<postgres::Rows> Console::receive(Deadline deadline) {
  return connection_.receive(deadline);
}

}  // namespace pgcleave::pgbouncer
