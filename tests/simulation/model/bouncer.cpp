#include "model/bouncer.h"

#include <cstdlib>

#include "base/format.h"

namespace pgcleave::simulation {
namespace {

std::optional<pgbouncer::Route> second_in(const pgbouncer::ConfigFile& file) {
  const auto route = file.route(second_entry);
  if (!route) return {};
  return *route;
}

}  // namespace

std::string bouncer_file(const pgbouncer::Route& route) {
  return fmt::format(
      "[databases]\napp = host={} port={} dbname=app\n\n[pgbouncer]\npool_mode = transaction\nmin_pool_size = 2\n",
      route.host, route.port);
}

void Bouncer::pause(Instant now) {
  paused = true;
  // Who has held back logins first, and waited for those under way, closes none.
  if (server_login_retry != "0") login_closed_at = now;
}

void Bouncer::reset_settings() {
  server_login_retry = "15";
  min_pool_size = "2";
  max_db_connections = "0";
  default_pool_size = "20";
  reserve_pool_timeout = "5";
}

void Bouncer::reload(Instant now) {
  // A pool that nobody pauses, but that gets no server, has no login under way. Nor has one of a process that is
  // paused.
  const bool logs_in = !process_paused && (paused || may_log_in());
  reset_settings();
  const auto read = pgbouncer::ConfigFile::parse(name, file);
  if (!read) return;  // RELOAD answers success all the same
  second = second_in(*read);
  trial = read->has_database("pgcleave_trial");
  const auto there = read->route("app");
  if (!there || *there == route) return;  // a login that is under way goes on (tests/unit/pgbouncer/trying.cpp)
  route = *there;
  if (logs_in) login_closed_at = now;
}

void Bouncer::restart() {
  paused = false;
  process_paused = false;
  reset_settings();
  login_closed_at = -1;
  ++incarnation;
  applications.clear();
  trial = false;
  pausing = false;
  if (const auto read = pgbouncer::ConfigFile::parse(name, file); read) {
    route = read->route("app").value_or(route);
    second = second_in(*read);
    trial = read->has_database("pgcleave_trial");
  }
}

Instant Bouncer::stalled_until() const {
  if (login_closed_at < 0) return 0;
  return login_closed_at + std::atoi(server_login_retry.c_str()) * Instant{1'000'000};
}

}  // namespace pgcleave::simulation
