// Several pools of the fleet in one process.

// Is it the process that a run began with, and does its pool lead to the database that is split?
#include <algorithm>

#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {

void Bouncer::share_process(const std::map<std::string, std::string>& pools, const Bouncer& acting) {
  pools_ = pools;
  databases_ = {spec_.database};
  for (const auto& [name, database] : pools_) {
    if (name != spec_.name) databases_.push_back(database);
  }
  acting_ = &acting == this ? nullptr : &acting;
}

// With so_reuseport one address may lead to several.
Result<void> Bouncer::check_shares_process(Deadline deadline) {
  if (acting_ == nullptr) return {};
  TRY_ASSIGN(const auto applications, watch_->client_applications(deadline));
  const auto wanted = acting_->settings("watch").values["application_name"];
  if (std::find(applications.begin(), applications.end(), wanted) != applications.end()) return {};
  auto out =
      error(ErrorKind::not_ready,
            fmt::format("is not in the process of bouncer {}, whose console and config it has", acting_->spec_.name));
  out.expected = "one process behind this address";
  out.seen = "so_reuseport: each connection goes to any of them";
  out.hint =
      "give each process an address of its own (unix_socket_dir or a peer's port) and name it in the environment file";
  return fail(out);
}

Result<std::map<std::string, Database>> Bouncer::pools(Deadline deadline) {
  TRY_ASSIGN(const auto served, watch_->databases(deadline));
  std::map<std::string, Database> found;
  for (const auto& one : served) {
    if (std::find(databases_.begin(), databases_.end(), one.name) != databases_.end()) found[one.name] = one;
  }
  for (const auto& database : databases_) {
    if (found.contains(database)) continue;
    auto out = error(ErrorKind::not_ready, "has no database " + database);
    out.expected = "a row in SHOW DATABASES";
    return fail(out);
  }
  const bool all_paused = std::all_of(found.begin(), found.end(), [](const auto& pool) { return pool.second.paused; });
  if (all_paused || !is_process_paused(deadline)) return found;
  for (auto& [database, pool] : found) pool.paused = true;
  return found;
}

bool Bouncer::are_in_force(const RouteOf& routes, const std::map<std::string, Database>& pools) {
  return std::all_of(routes.begin(), routes.end(), [&](const auto& wanted) {
    const auto seen = pools.find(wanted.first);
    return seen != pools.end() && Route{seen->second.host, seen->second.port} == wanted.second;
  });
}

Result<bool> Bouncer::any_own_pool_size(const ConfigFile& file) {
  for (const auto& database : databases_) {
    TRY_ASSIGN(const bool own, file.has_own_pool_size(database));
    if (own) return true;
  }
  return false;
}

namespace {

bool differ(const std::string& expected, const std::string& seen) {
  return !expected.empty() && !seen.empty() && expected != seen;
}

std::string in_words(const ProcessId& process) {
  return fmt::format("listen_port {}, unix_socket_dir {}", process.listen_port, process.unix_socket_dir);
}

}  // namespace

void Bouncer::expect(ProcessId process) {
  expected_ = std::move(process);
}

Result<ProcessId> Bouncer::process(Deadline deadline) {
  TRY(open_consoles(deadline));
  return seen_process(deadline);
}

Result<ProcessId> Bouncer::seen_process(Deadline deadline) {
  TRY_ASSIGN(auto settings, watch_->settings(deadline));
  TRY_ASSIGN(const auto database, watch_->database(spec_.database, deadline));
  return ProcessId{settings["listen_port"].value, settings["unix_socket_dir"].value, database.database};
}

Result<void> Bouncer::check_expected(Deadline deadline) {
  if (!expected_) return {};
  TRY_ASSIGN(const auto seen, seen_process(deadline));
  if (differ(expected_->database, seen.database)) {
    auto out = error(ErrorKind::invalid,
                     fmt::format("its pool {} leads to another database than the one that is split", spec_.database));
    out.expected = "database " + expected_->database;
    out.seen = "database " + seen.database;
    out.hint =
        "correct postgres.dbname or the pool's database in the environment file, or the pool's dbname; nothing was "
        "changed there";
    return fail(out);
  }
  if (!differ(expected_->listen_port, seen.listen_port) && !differ(expected_->unix_socket_dir, seen.unix_socket_dir))
    return {};
  auto out = error(ErrorKind::invalid, "is not the process that the run began with");
  out.expected = in_words(*expected_);
  out.seen = in_words(seen);
  out.hint = "correct its console in the environment file; nothing was changed there";
  return fail(out);
}

}  // namespace pgcleave::pgbouncer
