// The way from one route to another: the future text lies beside the config file before the window; inside it there is one
// rename, and one RELOAD when clients are let in.
#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration between_looks_at_route = std::chrono::milliseconds(1);

std::string in_words(const Route& route) {
  return fmt::format("{}:{}", route.host.empty() ? "(unix socket)" : route.host, route.port);
}

}  // namespace

Result<ConfigFile> Bouncer::config(Deadline deadline) {
  TRY_ASSIGN(const auto text, place_.read(deadline));
  return ConfigFile::parse(place_.path(), text);
}

// RELOAD of another file than the one that we edit would only show inside the window. A relative name can't be compared.
Result<void> Bouncer::check_config_path(Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY_ASSIGN(const auto running, watch_->setting("conffile", deadline));
  if (running.empty() || running.front() != '/') return {};
  TRY_ASSIGN(const bool same, place_.is_same_file(running, deadline));
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
  TRY_ASSIGN(const auto future, file.with_route(spec_.database, route));
  if (future == file.text()) return place_.remove_staged(deadline);
  return place_.write_staged(future, deadline);
}

// By the files alone, so that another process than the one that staged can go on: the staged text has to be what would be
// staged now.
Result<void> Bouncer::check_staged(const Route& route, Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY_ASSIGN(const auto files, place_.read_both(deadline));
  const auto& staged = files.staged;
  TRY_ASSIGN(const auto file, ConfigFile::parse(place_.path(), files.config));
  TRY_ASSIGN(const auto now, file.route(spec_.database));
  rename_ = now != route;
  TRY_ASSIGN(own_pool_size_, file.has_own_pool_size(spec_.database));
  if (!rename_) return {};
  TRY_ASSIGN(const auto wanted, file.with_route(spec_.database, route));
  if (staged && *staged == wanted) return {};
  auto out = error(staged ? ErrorKind::foreign : ErrorKind::not_ready, "");
  out.hint = "stage the route again: pgcleave resume";
  if (!staged) {
    out.what = fmt::format("nothing is staged for {} {}", spec_.database, in_words(route));
    out.expected = place_.staged_path();
    out.seen = "no such file";
    return fail(out);
  }
  out.what = fmt::format("{} was changed since its next text was staged", place_.path());
  out.expected = fmt::format("the text that {} was made from, for {}", place_.staged_path(), in_words(route));
  out.seen = "another text";
  return fail(out);
}

// A paused process goes on as it is: its RELOAD comes with RESUME (resuming.cpp).
Result<void> Bouncer::repoint(const Route& route, Deadline deadline) {
  if (rename_) TRY(place_.put_staged_in_place(deadline));
  rename_ = false;
  TRY_ASSIGN(const auto seen, watch_->database(spec_.database, deadline));
  due_.reset();
  if (!seen.paused) return put_in_force(route, deadline);
  if (Route{seen.host, seen.port} != route) due_ = route;
  return hold_back_logins(deadline);
}

Result<void> Bouncer::put_in_force(const Route& route, Deadline deadline) {
  TRY(command_->reload(deadline));
  return see_in_force(route, deadline);
}

// After RELOAD.
Result<void> Bouncer::see_in_force(const Route& route, Deadline deadline) {
  TRY(hold_back_logins(deadline));  // RELOAD has just undone it
  Route running;
  const auto there = wait_until("the new route is in force", deadline, between_looks_at_route, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto seen, watch_->database(spec_.database, deadline.for_a_look()));
    running = {seen.host, seen.port};
    return running == route;
  });
  if (there) return {};
  auto out = there.error();
  out.object = "bouncer " + spec_.name;
  out.expected = in_words(route);
  if (out.seen.empty()) out.seen = in_words(running);
  out.hint = "RELOAD says success even when the file can't be read: look for the reason in this bouncer's log";
  return fail(out);
}

Result<void> Bouncer::discard_staged(Deadline deadline) {
  TRY(end_trial(deadline));
  return place_.remove_staged(deadline);
}

}  // namespace pgcleave::pgbouncer
