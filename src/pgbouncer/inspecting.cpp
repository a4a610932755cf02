// One process and its file, looked at for a check.
#include "base/address.h"
#include "pgbouncer/bouncer.h"
#include "pgbouncer/inspection.h"

namespace pgcleave::pgbouncer {
namespace {

std::string value_of(const postgres::Settings& settings, const char* key) {
  const auto found = settings.values.find(key);
  return found == settings.values.end() ? "" : found->second;
}

}  // namespace

Result<void> Bouncer::inspect_process(Inspection& out, Deadline deadline) {
  TRY(open_consoles(deadline));
  out.version = version_;
  out.process_paused = is_process_paused(deadline);
  TRY_ASSIGN(out.settings, watch_->settings(deadline));
  TRY_ASSIGN(out.pool_users, watch_->pool_users(spec_.database, deadline));
  TRY_ASSIGN(out.known_users, watch_->known_users(deadline));
  TRY_ASSIGN(out.clients, watch_->clients(deadline));
  TRY_ASSIGN(const auto databases, watch_->databases(deadline));
  for (const auto& database : databases) {
    if (database.name == spec_.database) out.database = database;
  }
  if (out.database && out.database->pool_mode.empty()) out.database->pool_mode = out.setting("pool_mode");
  return {};
}

Result<void> Bouncer::inspect_file(Inspection& out, Deadline deadline) {
  TRY(files_.open(deadline));
  out.path = files_.path();
  const auto running = out.setting("conffile");
  if (!running.empty() && running.front() == '/') {
    TRY_ASSIGN(out.same_file, files_.is_same_file(running, deadline));
  }
  TRY_ASSIGN(out.config, config(deadline));
  TRY_ASSIGN(out.why_unwritable, files_.why_not_writable(*out.config, spec_.database, deadline));
  TRY_ASSIGN(const auto served, watch_->databases(deadline));
  TRY_ASSIGN(out.other_databases, other_databases(served, deadline));
  return {};
}

Inspection Bouncer::inspect(Deadline deadline) {
  Inspection out;
  out.name = spec_.name;
  out.address = address_text(value_of(spec_.console, "host"), value_of(spec_.console, "port"));
  out.console_user = value_of(spec_.console, "user");
  out.database_name = spec_.database;
  out.path = spec_.config;
  if (const auto seen = inspect_process(out, deadline); !seen) {
    out.error = seen.error().text();
    out.distinct = distinct_;
    return out;
  }
  if (const auto seen = inspect_file(out, deadline); !seen) out.file_error = seen.error().text();
  return out;
}

}  // namespace pgcleave::pgbouncer
