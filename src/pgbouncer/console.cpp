#include "pgbouncer/console.h"

#include "base/format.h"
#include "pgbouncer/console_answers.h"

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
  return databases_in(rows, name());
}

Result<Database> Console::database(const std::string& wanted, Deadline deadline) {
  TRY_ASSIGN(const auto all, databases(deadline));
  std::vector<std::string> names;
  for (const auto& one : all) {
    if (one.name == wanted) return one;
    names.push_back(one.name);
  }
  return fail({ErrorKind::not_ready, name(), fmt::format("serves no database {}", wanted), wanted,
               fmt::format("{}", fmt::join(names, ", ")),
               "check the pool's database in the environment file against [databases]", ""});
}

Result<std::map<std::string, ConsoleSetting>> Console::settings(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW CONFIG", deadline));
  return settings_in(rows, name());
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
  TRY(begin_reload());
  return finish_reload(deadline);
}

Result<void> Console::begin_reload() {
  return connection_.send("RELOAD");
}

Result<void> Console::finish_reload(Deadline deadline) {
  TRY(connection_.receive(deadline));
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

Result<bool> Console::process_paused(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW STATE", deadline));
  return process_paused_in(rows, name());
}

Result<void> Console::pause_process(Deadline deadline) {
  TRY(connection_.simple("PAUSE", deadline));
  return {};
}

Result<void> Console::resume_process(Deadline deadline) {
  TRY(begin_resume_process());
  return finish_resume_process(deadline);
}

Result<void> Console::begin_resume_process() {
  return connection_.send("RESUME");
}

Result<void> Console::finish_resume_process(Deadline deadline) {
  const auto answer = connection_.receive(deadline);
  if (answer) return {};
  if (answer.error().kind != ErrorKind::failed || !alive()) return fail(answer.error());
  TRY_ASSIGN(const bool paused, process_paused(deadline));
  if (paused) return fail(answer.error());
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

Result<void> Console::kill(const std::string& database, Deadline deadline) {
  TRY(connection_.simple("KILL " + quoted(database), deadline));
  return {};
}

Result<std::vector<ActiveServer>> Console::active_servers(const std::string& database, Deadline deadline) {
  TRY_ASSIGN(const auto servers, connection_.simple("SHOW SERVERS", deadline));
  TRY_ASSIGN(const auto clients, connection_.simple("SHOW CLIENTS", deadline));
  return active_servers_in(servers, clients, database, name());
}

Result<std::vector<std::string>> Console::client_applications(Deadline deadline) {
  TRY_ASSIGN(const auto clients, connection_.simple("SHOW CLIENTS", deadline));
  return column_in(clients, "application_name", "SHOW CLIENTS", name());
}

Result<int> Console::in_pools(const std::string& database, const std::string& column, Deadline deadline) {
  TRY_ASSIGN(const auto pools, connection_.simple("SHOW POOLS", deadline));
  return sum_in(pools, database, column, name());
}

Result<int> Console::waiting_clients(const std::string& database, Deadline deadline) {
  return in_pools(database, "cl_waiting", deadline);
}

Result<int> Console::logins(const std::string& database, Deadline deadline) {
  return in_pools(database, "sv_login", deadline);
}

Result<std::vector<std::string>> Console::pool_users(const std::string& database, Deadline deadline) {
  TRY_ASSIGN(const auto pools, connection_.simple("SHOW POOLS", deadline));
  return pool_users_in(pools, database, name());
}

Result<std::vector<std::string>> Console::known_users(Deadline deadline) {
  TRY_ASSIGN(const auto users, connection_.simple("SHOW USERS", deadline));
  return column_in(users, "name", "SHOW USERS", name());
}

Result<int> Console::clients(Deadline deadline) {
  TRY_ASSIGN(const auto lists, connection_.simple("SHOW LISTS", deadline));
  return clients_in(lists, name());
}

Result<std::string> Console::version(Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection_.simple("SHOW VERSION", deadline));
  return version_in(rows, name());
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
