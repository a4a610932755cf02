#include "checks/topology/bouncers.h"

#include <arpa/inet.h>

#include <array>
#include <cstdlib>

#include "base/address.h"
#include "base/format.h"
#include "base/units.h"
#include "pgbouncer/holding.h"

namespace pgcleave::checks {
namespace {

using pgbouncer::Inspection;
using pgbouncer::Route;

bool is_name(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (host.empty() || host.front() == '/') return false;
  return ::inet_pton(AF_INET, host.c_str(), address.data()) != 1 &&
         ::inet_pton(AF_INET6, host.c_str(), address.data()) != 1;
}

bool lists(const std::string& names, const std::string& name) {
  std::string one;
  for (const char c : names + ",") {
    if (c == ' ' || c == '\t') continue;
    if (c != ',') {
      one += c;
      continue;
    }
    if (one == name) return true;
    one.clear();
  }
  return false;
}

std::string in_words(const std::optional<Route>& route) {
  return route ? address_text(route->host, route->port) : "nowhere";
}

class BouncerJudge {
 public:
  BouncerJudge(const BouncersSeen& seen, const Inspection& bouncer) : seen_(seen), bouncer_(bouncer) {}

  Findings run() {
    if (!bouncer_.error.empty()) {
      unseen();
      return std::move(found_);
    }
    inspect_rights();
    inspect_timeouts();
    inspect_pool();
    inspect_file();
    return std::move(found_);
  }

 private:
  void add(const char* id, Severity severity, std::string evidence, std::string query, std::string why,
           std::string fix) {
    found_.push_back({std::string("topology.bouncer_") + id, severity, object(), std::move(evidence), std::move(query),
                      std::move(why), std::move(fix)});
  }
  [[nodiscard]] std::string object() const { return fmt::format("bouncer {} at {}", bouncer_.name, bouncer_.address); }
  [[nodiscard]] std::string set_in_file(const std::string& line) const {
    return fmt::format("{} in {}, then RELOAD", line, bouncer_.path);
  }

  void unseen() {
    if (!bouncer_.distinct) {
      add("not_distinct", Severity::blocker, bouncer_.error, "SHOW CLIENTS",
          "a process that was counted twice leaves another that nobody pauses: its clients write to the old side",
          "give each process an address of its own in the environment file");
      return;
    }
    add("unreachable", Severity::blocker, bouncer_.error, "",
        "it can't be paused or repointed: its clients go on writing to the old side",
        "start it, or correct its console in the environment file");
  }

  void inspect_rights() {
    const auto admins = bouncer_.setting("admin_users");
    const bool by_socket = bouncer_.console_user == "pgbouncer" && bouncer_.address.starts_with('/');
    if (lists(admins, bouncer_.console_user) || by_socket || bouncer_.setting("auth_type") == "any") return;
    add("no_admin", Severity::blocker, fmt::format("user {} is not in admin_users ({})", bouncer_.console_user, admins),
        "SHOW CONFIG", "PAUSE, RELOAD and RESUME would be refused",
        set_in_file(fmt::format("admin_users = {}{}{}", admins, admins.empty() ? "" : ", ", bouncer_.console_user)));
  }

  // 0: no bound.
  [[nodiscard]] double seconds(const char* key) const { return std::strtod(bouncer_.setting(key).c_str(), nullptr); }
  [[nodiscard]] double budget() const { return milliseconds(seen_.budget) / 1000; }

  void inspect_timeouts() {
    for (const auto* key : {"query_wait_timeout", "query_timeout", "client_login_timeout"}) {
      const double limit = seconds(key);
      if (limit <= 0 || limit > budget()) continue;
      const bool logins = std::string(key) == "client_login_timeout";
      add(key, logins ? Severity::warning : Severity::blocker,
          fmt::format("{} is {} s, the budget {}", key, limit, to_text(seen_.budget)), "SHOW CONFIG",
          logins ? "clients that log in while the pool is paused are cut off within the budget"
                 : "clients that wait while the pool is paused are cut off within the budget",
          set_in_file(fmt::format("{} = {}", key, 120)));
    }
    if (!bouncer_.setting("query_wait_timeout").empty() && seconds("query_wait_timeout") == 0) {
      add("waits_for_ever", Severity::warning, "query_wait_timeout is 0", "SHOW CONFIG",
          "should a window hang, its clients wait without an end, and the next ones pile up behind them",
          set_in_file("query_wait_timeout = 120"));
    }
    if (const double retry = seconds("server_login_retry"); retry > 60) {
      add("server_login_retry", Severity::warning, fmt::format("server_login_retry is {} s", retry), "SHOW CONFIG",
          "one refused login to the new side, and clients wait that long for the next",
          set_in_file("server_login_retry = 15"));
    }
    const double most = seconds("max_client_conn");
    if (most > 0 && bouncer_.clients > 0.8 * most) {
      add("clients_near_limit", Severity::warning,
          fmt::format("{} clients, max_client_conn is {}", bouncer_.clients, most), "SHOW LISTS",
          "clients that wait keep their connections, and new ones are refused",
          set_in_file(fmt::format("max_client_conn = {}", 2 * most)));
    }
  }

  void inspect_pool() {
    if (!bouncer_.database) {
      add("serves_no_pool", Severity::blocker, fmt::format("it serves no database {}", bouncer_.database_name),
          "SHOW DATABASES", "there is nothing to pause and repoint", "correct pools.database in the environment file");
      return;
    }
    const auto& pool = *bouncer_.database;
    if (pool.pool_mode == "session") {
      add("pools_by_session", Severity::blocker, "pool_mode is session", "SHOW DATABASES; SHOW CONFIG",
          "PAUSE waits until every client has left", set_in_file("pool_mode = transaction"));
    }
    if (bouncer_.process_paused) {
      add("paused", Severity::blocker, "the whole process is paused", "SHOW STATE",
          "it was paused by someone else, so its clients wait now; a run would resume it",
          "find out who paused it, then: RESUME");
    } else if (pool.paused) {
      add("paused", Severity::blocker, fmt::format("{} is paused", pool.name), "SHOW DATABASES",
          "the pool was paused by someone else, so its clients wait now; a run would resume it",
          fmt::format("find out who paused it, then: RESUME {}", pool.name));
    }
    if (!seen_.database.empty() && !pool.database.empty() && pool.database != seen_.database) {
      add("other_database", Severity::blocker,
          fmt::format("{} leads to database {}, {} is split", pool.name, pool.database, seen_.database),
          "SHOW DATABASES",
          "its clients would be led to a side on which their database was not split: their writes fail",
          "correct postgres.dbname or pools.database in the environment file");
    }
    inspect_holding(pool.name);
    if (pool.disabled) {
      add("disabled", Severity::blocker, fmt::format("{} is disabled", pool.name), "SHOW DATABASES",
          "it refuses its clients", fmt::format("ENABLE {}", pool.name));
    }
    inspect_route("runs", Route{pool.host, pool.port}, "the running process points");
  }

  // Clients that log in between RELOAD and RESUME: see pgbouncer/holding.cpp.
  void inspect_holding(const std::string& pool) {
    const char* why =
        "nothing in this version can hold its clients between RELOAD and RESUME: a client who logs in between them "
        "costs another an error (\"server login has been failing\")";
    const bool own = bouncer_.config && bouncer_.config->has_own_pool_size(bouncer_.database_name).value_or(false);
    if (pgbouncer::hold_of(bouncer_.version, false) == pgbouncer::Hold::none) {
      add("cant_hold", Severity::note, "it is " + bouncer_.version, "SHOW VERSION", why,
          "nothing, where clients try again; rehearsals under load show how many meet it");
    } else if (pgbouncer::hold_of(bouncer_.version, own) == pgbouncer::Hold::none) {
      add("own_pool_size", Severity::note, fmt::format("the line of {} says pool_size", pool), "cat " + bouncer_.path,
          why, set_in_file("default_pool_size instead of pool_size on the line"));
    }
    if (bouncer_.other_databases.empty()) return;
    add("serves_other_databases", Severity::note,
        fmt::format("it also serves {}", fmt::join(bouncer_.other_databases, ", ")),
        "SHOW DATABASES; cat " + bouncer_.path,
        "max_db_connections, default_pool_size and PAUSE act on the whole process, so they are left alone: the clients "
        "of the others do not wait, and a client of the pool who logs in while it is paused or repointed may cost "
        "another an error (\"server login has been failing\")",
        "nothing, where clients try again; else give the pool a PgBouncer process of its own");
  }

  void inspect_route(const char* where, const std::optional<Route>& route, const char* says) {
    if (route != seen_.route) {
      add(std::string(where) == "file" ? "route_in_file" : "route_that_runs", Severity::blocker,
          fmt::format("{} to {}, not to {} ({})", says, in_words(route), in_words(seen_.route), seen_.serving),
          std::string(where) == "file" ? "cat " + bouncer_.path : "SHOW DATABASES",
          "after a restart, a RELOAD or a rollback its clients land somewhere else than the others'",
          std::string(where) == "file" ? fmt::format("write {} into {}", in_words(seen_.route), bouncer_.path)
                                       : "RELOAD, then look again");
    }
    if (route && route->host.find_first_of(",[]\t ") != std::string::npos && route->host.front() != '/') {
      add("host_is_none", Severity::blocker, fmt::format("{} to host {}", says, route->host), "SHOW DATABASES",
          "PgBouncer takes the whole text for one name, or connects to several hosts in turn: clients would fail, or "
          "write to both",
          "write one address: no brackets around IPv6, a space (no tab) before port=");
    } else if (route && is_name(route->host)) {
      add("host_is_a_name", Severity::warning, fmt::format("{} to {}", says, in_words(route)), "SHOW DATABASES",
          "PgBouncer keeps DNS answers (dns_max_ttl): for that long it may go on to an old address",
          "write the address instead of the name");
    }
  }

  void inspect_file() {
    if (!bouncer_.file_error.empty() || !bouncer_.config) {
      add("file_unreadable", Severity::blocker, bouncer_.file_error, "cat " + bouncer_.path, "it can't be repointed",
          "correct its config in the environment file, or what the file says");
      return;
    }
    if (!bouncer_.same_file) {
      add("reads_another_file", Severity::blocker,
          fmt::format("it reads {}, the environment file says {}", bouncer_.setting("conffile"), bouncer_.path),
          "SHOW CONFIG", "the change in the window would have no effect", "correct its config in the environment file");
    }
    if (!bouncer_.why_unwritable.empty()) {
      add("file_not_writable", Severity::blocker, bouncer_.why_unwritable, "ls -ld " + bouncer_.path,
          "it can't be repointed", "run pgcleave as the owner of the file and its folder");
    }
    inspect_entry();
    const auto changes = reload_would_change(bouncer_);
    if (changes.empty()) return;
    add("reload_would_change", Severity::warning, fmt::format("{}", fmt::join(changes, "; ")),
        "SHOW CONFIG; cat " + bouncer_.path,
        "the RELOAD in the window puts this in force too, and a restart would have", "RELOAD now, or correct the file");
  }

  void inspect_entry() {
    const auto entry = bouncer_.config->database(bouncer_.database_name);
    const auto route = bouncer_.config->route(bouncer_.database_name);
    if (!entry || !route) {
      add("file_unreadable", Severity::blocker, (entry ? route.error() : entry.error()).text(), "cat " + bouncer_.path,
          "it can't be repointed", "give the pool an entry of its own");
      return;
    }
    inspect_include();
    inspect_lines_out_of_force();
    inspect_route("file", *route, "the file points");
    if (!bouncer_.database) return;
    const auto written = entry->find("dbname");
    const auto name = written == entry->end() ? bouncer_.database_name : written->second;
    if (name == bouncer_.database->database || bouncer_.database->database.empty()) return;
    add("dbname_in_file", Severity::blocker,
        fmt::format("dbname is {} in the file, {} runs", name, bouncer_.database->database),
        "SHOW DATABASES; cat " + bouncer_.path, "the RELOAD in the window would send clients to another database",
        "RELOAD now, or correct the file");
  }

  void inspect_include() {
    const auto& config = *bouncer_.config;
    const auto file = config.file_of(bouncer_.database_name);
    if (!file || *file == config.files().front()) return;
    add("entry_in_include", Severity::note,
        fmt::format("the entry of {} that is in force stands in {}", bouncer_.database_name,
                    config.place_of(bouncer_.database_name).value_or(*file)),
        "cat " + *file,
        "that file is the one that a run edits; if a program generates it, the next time it writes the old route again",
        "stop what generates it from prepare until the split is kept, and give it the new route");
  }

  void inspect_lines_out_of_force() {
    const auto others = bouncer_.config->places_out_of_force(bouncer_.database_name);
    if (others.empty()) return;
    const auto in_force = bouncer_.config->place_of(bouncer_.database_name).value_or(bouncer_.path);
    add("entry_twice", Severity::warning,
        fmt::format("{} has an entry at {} too; the one at {} is in force", bouncer_.database_name,
                    fmt::join(others, ", "), in_force),
        "cat " + bouncer_.path,
        "a run edits the entry in force only. While the entries name different servers, each RELOAD closes all server "
        "connections of the "
        "pool, and its clients may get an error (\"server login has been failing\")",
        fmt::format("remove the entry at {}, then RELOAD", fmt::join(others, ", ")));
  }

  const BouncersSeen& seen_;
  const Inspection& bouncer_;
  Findings found_;
};

}  // namespace

Findings judge_bouncers(const BouncersSeen& seen) {
  Findings all;
  for (const auto& bouncer : seen.bouncers) {
    auto found = BouncerJudge(seen, bouncer).run();
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace pgcleave::checks
