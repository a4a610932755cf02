#include "products/console.h"

#include <algorithm>

#include "base/format.h"
#include "products/wire.h"

namespace pgcleave::simulation {
namespace {

using postgres::Rows;
constexpr const char* console_error = "08P01";  // of all that the console refuses (1.18)

using Cells = std::vector<std::optional<std::string>>;

Rows told(const std::string& tag) {
  return {{}, {}, tag};
}

Rows databases(const Bouncer& bouncer) {
  std::vector<Cells> rows{{"app", bouncer.route.host, std::to_string(bouncer.route.port), "app", std::nullopt,
                           bouncer.default_pool_size, std::nullopt, "0", "1", bouncer.paused ? "1" : "0", "0"},
                          {"pgbouncer", std::nullopt, std::to_string(bouncer.port), "pgbouncer", "pgbouncer", "2",
                           "statement", "0", "0", "0", "0"}};
  if (bouncer.second) {
    rows.push_back({second_entry, bouncer.second->host, std::to_string(bouncer.second->port), "app", std::nullopt,
                    bouncer.default_pool_size, std::nullopt, "0", "0", "0", "0"});
  }
  if (bouncer.trial)
    rows.push_back(
        {"pgcleave_trial", "127.0.0.1", "1", "pgcleave_trial", std::nullopt, "20", std::nullopt, "0", "0", "0", "0"});
  return {{"name", "host", "port", "database", "force_user", "pool_size", "pool_mode", "max_connections",
           "current_connections", "paused", "disabled"},
          rows,
          "SHOW"};
}

Rows config(const Bouncer& bouncer) {
  return {{"key", "value", "default", "changeable"},
          {{"conffile", "/" + bouncer.name + ".ini", "", "yes"},
           {"pool_mode", "transaction", "session", "yes"},
           {"server_login_retry", bouncer.server_login_retry, "15", "yes"},
           {"min_pool_size", bouncer.min_pool_size, "0", "yes"},
           {"max_db_connections", bouncer.max_db_connections, "0", "yes"},
           {"default_pool_size", bouncer.default_pool_size, "20", "yes"},
           {"reserve_pool_timeout", bouncer.reserve_pool_timeout, "5", "yes"},
           {"query_wait_timeout", "120", "120", "yes"},
           {"query_timeout", "0", "0", "yes"}},
          "SHOW"};
}

Rows clients(const Bouncer& bouncer) {
  std::vector<Cells> rows;
  for (const auto& application : bouncer.applications)
    rows.push_back({"pgcleave_admin", "pgbouncer", "active", application});
  return {{"user", "database", "state", "application_name"}, rows, "SHOW"};
}

Rows state(const Bouncer& bouncer) {
  const char* paused = bouncer.process_paused ? "yes" : "no";
  return {{"key", "value"},
          {{"active", bouncer.process_paused ? "no" : "yes"}, {"paused", paused}, {"suspended", "no"}},
          "SHOW"};
}

std::optional<Rows> shown(const Bouncer& bouncer, const std::string& command) {
  if (command == "SHOW DATABASES") return databases(bouncer);
  if (command == "SHOW CONFIG") return config(bouncer);
  if (command == "SHOW CLIENTS") return clients(bouncer);
  if (command == "SHOW POOLS")
    return Rows({"database", "user", "cl_waiting", "sv_login"}, {{"app", "app", "0", "0"}}, "SHOW");
  if (command == "SHOW SERVERS") return Rows({"database", "state", "link", "remote_pid"}, {}, "SHOW");
  if (command == "SHOW STATE" && bouncer.version > oldest_version) return state(bouncer);
  if (command == "SHOW VERSION") return Rows({"version"}, {{fmt::format("PgBouncer 1.{}.0", bouncer.version)}}, "SHOW");
  return {};
}

// What changes something, once it may be done.
Result<void> obey(Bouncer& bouncer, const std::string& command) {
  const auto now = universe().now;
  if (command == "RELOAD") {
    bouncer.reload(now);
  } else if (command == "RESUME \"app\"") {
    if (!bouncer.paused) return fail(refusal("bouncer " + bouncer.name, "database app is not paused", console_error));
    bouncer.paused = false;
    if (bouncer.server_login_retry == "0") bouncer.login_closed_at = -1;  // the next login comes at once
  } else if (command == "RESUME") {
    if (!bouncer.process_paused)
      return fail(refusal("bouncer " + bouncer.name, "pooler is not paused/suspended", console_error));
    bouncer.process_paused = false;
    if (bouncer.server_login_retry == "0") bouncer.login_closed_at = -1;
  } else if (command.starts_with("SET server_login_retry = ")) {
    bouncer.server_login_retry = command.substr(26, command.size() - 27);
  } else if (command.starts_with("SET min_pool_size = ")) {
    bouncer.min_pool_size = command.substr(21, command.size() - 22);
  } else if (command.starts_with("SET max_db_connections = ")) {
    bouncer.max_db_connections = command.substr(26, command.size() - 27);
  } else if (command.starts_with("SET default_pool_size = ")) {
    bouncer.default_pool_size = command.substr(25, command.size() - 26);
  } else if (command.starts_with("SET reserve_pool_timeout = ")) {
    bouncer.reserve_pool_timeout = command.substr(28, command.size() - 29);
  } else {
    return fail(refusal("bouncer " + bouncer.name, "unsupported: " + command, console_error));
  }
  return {};
}

Result<Rows> done(const Result<void>& result, const std::string& tag) {
  if (!result) return fail(result.error());
  return told(tag);
}

// The flag is set at once; the answer comes when no server connection is active, and never when somebody resumes
// meanwhile (issue 715). Under the pause of the process none is taken.
std::optional<Result<Rows>> pause(Bouncer& bouncer, bool whole, const std::string& name,
                                  const std::function<void()>& close) {
  if (!bouncer.pausing) {
    bouncer.pausing = true;
    const auto begun =
        change(name, whole ? "PAUSE" : "PAUSE app", Deadline::in(std::chrono::milliseconds(700)), close,
               [&]() -> Result<void> {
                 if (bouncer.process_paused)
                   return fail(refusal("bouncer " + bouncer.name, "already suspended/paused", console_error));
                 if (whole)
                   bouncer.process_paused = true;
                 else
                   bouncer.pause(universe().now);
                 return {};
               });
    if (begun) return {};
    bouncer.pausing = false;
    return Result<Rows>(fail(begun.error()));
  }
  if (!(whole ? bouncer.process_paused : bouncer.paused) || universe().is_active(bouncer)) return {};
  bouncer.pausing = false;
  return Result<Rows>(told("PAUSE"));
}

}  // namespace

void client_came(Bouncer& bouncer, const std::string& application) {
  bouncer.applications.push_back(application);
}

void client_left(Bouncer& bouncer, const std::string& application) {
  const auto found = std::find(bouncer.applications.begin(), bouncer.applications.end(), application);
  if (found != bouncer.applications.end()) bouncer.applications.erase(found);
  if (application.find(" command ") != std::string::npos) bouncer.pausing = false;
}

std::optional<Result<Rows>> console_answer(Bouncer& bouncer, const std::string& name, const std::string& command,
                                           const std::function<void()>& close) {
  if (auto rows = shown(bouncer, command)) {
    if (choose(Point::look, name + ": " + command) != Outcome::lost_request) return Result<Rows>(std::move(*rows));
    close();
    return Result<Rows>(fail(no_answer(name, command)));
  }
  if (command == "PAUSE \"app\"" || command == "PAUSE") return pause(bouncer, command == "PAUSE", name, close);
  return done(
      change(name, command, Deadline::in(std::chrono::seconds(2)), close, [&] { return obey(bouncer, command); }),
      command.substr(0, command.find(' ')));
}

}  // namespace pgcleave::simulation
