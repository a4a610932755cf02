// The way from one route to another: the future text lies beside the config file before the window; inside it there is
// one rename, and one RELOAD when clients are let in.
#include <algorithm>
#include <utility>

#include "base/address.h"
#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration time_to_find_folder = std::chrono::seconds(5);
constexpr Duration between_looks_at_route = std::chrono::milliseconds(1);

std::string in_words(const Route& route) {
  return address_text(route.host, route.port);
}

}  // namespace

Result<ConfigFile> Bouncer::config(Deadline deadline) {
  return files_.read(deadline);
}

Result<std::string> Bouncer::working_folder(ConfigPlace& place) {
  const auto deadline = Deadline::in(time_to_find_folder);
  TRY(open_consoles(deadline));
  TRY_ASSIGN(auto settings, watch_->settings(deadline));
  return place.working_folder(settings["conffile"].value, settings["pidfile"].value, spec_.config, deadline);
}

// RELOAD of another file than the one that we edit would only show inside the window. A relative name can't be
// compared.
Result<void> Bouncer::check_config_path(Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY_ASSIGN(const auto running, watch_->setting("conffile", deadline));
  if (running.empty() || running.front() != '/') return {};
  TRY_ASSIGN(const bool same, files_.is_same_file(running, deadline));
  if (same) return {};
  auto out = error(ErrorKind::not_ready, "reads another config file than the one in the environment file");
  out.expected = spec_.config;
  out.seen = running;
  out.hint = "correct the path of this bouncer's config in the environment file";
  return fail(out);
}

Result<void> Bouncer::stage(const Route& route, Deadline deadline) {
  TRY(check_config_path(deadline));
  TRY_ASSIGN(const auto file, config(deadline));
  TRY_ASSIGN(const auto texts, file.with_routes(databases_, route));
  return files_.stage(file, texts, deadline);
}

// By the files alone, so that another process than the one that staged can go on: the staged text has to be what would
// be staged now.
Result<void> Bouncer::check_staged(const Route& route, Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY_ASSIGN(const auto file, config(deadline));
  TRY_ASSIGN(own_pool_size_, any_own_pool_size(file));
  TRY_ASSIGN(to_rename_, file.with_routes(databases_, route));
  const auto there = files_.is_staged(to_rename_, deadline);
  if (there) return {};
  auto out = there.error();
  out.object = "bouncer " + spec_.name;
  if (out.kind == ErrorKind::not_ready)
    out.what = fmt::format("nothing is staged for {} {}", fmt::join(databases_, ", "), in_words(route));
  out.hint = "stage the route again: pgcleave resume";
  return fail(out);
}

// A process whose pools are paused goes on as it is: its RELOAD comes with RESUME (resuming.cpp).
Result<void> Bouncer::repoint(const Route& route, Deadline deadline) {
  TRY(files_.put_in_place(std::exchange(to_rename_, {}), deadline));
  TRY_ASSIGN(const auto seen, pools(deadline));
  RouteOf routes;
  for (const auto& database : databases_) routes[database] = route;
  due_.reset();
  if (!std::all_of(seen.begin(), seen.end(), [](const auto& pool) { return pool.second.paused; }))
    return put_in_force(routes, deadline);
  if (!are_in_force(routes, seen)) due_ = routes;
  return hold_back_logins(deadline);
}

Result<void> Bouncer::put_in_force(const RouteOf& routes, Deadline deadline) {
  TRY(command_->reload(deadline));
  return see_in_force(routes, deadline);
}

// After RELOAD.
Result<void> Bouncer::see_in_force(const RouteOf& routes, Deadline deadline) {
  TRY(hold_back_logins(deadline));  // RELOAD has just undone it
  std::map<std::string, Database> running;
  const auto there =
      wait_until("the new route is in force", deadline, between_looks_at_route, nullptr, [&]() -> Result<bool> {
        TRY_ASSIGN(running, pools(deadline.for_one_read()));
        return are_in_force(routes, running);
      });
  if (there) return {};
  auto out = there.error();
  out.object = "bouncer " + spec_.name;
  std::string seen;
  for (const auto& [database, route] : routes) {
    const auto of = routes.size() == 1 ? "" : database + " at ";
    const auto& pool = running[database];
    out.expected += fmt::format("{}{}{}", out.expected.empty() ? "" : ", ", of, in_words(route));
    seen += fmt::format("{}{}{}", seen.empty() ? "" : ", ", of, in_words({pool.host, pool.port}));
  }
  if (out.seen.empty()) out.seen = seen;
  out.hint = "RELOAD says success even when the file can't be read: look for the reason in this bouncer's log";
  return fail(out);
}

Result<void> Bouncer::discard_staged(Deadline deadline) {
  TRY(end_trial(deadline));
  return files_.discard(deadline);
}

}  // namespace pgcleave::pgbouncer
