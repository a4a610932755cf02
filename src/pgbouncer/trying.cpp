// Does the process read the files that are replaced by a rename? Not when a file alone is mounted into a container, or
// when it is read under a name of its own: then a repoint would have no effect, and show it while clients wait. So it
// is tried beforehand, with one more database behind the pool's entry: nobody asks for it, and it goes with the next
// RELOAD (1.18 to 1.26). An entry needs no header, so that the trial changes nothing else, in a file that is included
// as well.
#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "pgbouncer/bouncer.h"
#include "pgbouncer/config_files.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr const char* trial_database = "pgcleave_trial";
constexpr Duration time_to_show = std::chrono::seconds(2);
constexpr Duration between_trial_looks = std::chrono::milliseconds(2);

}  // namespace

// Also that of a process that died.
Result<void> Bouncer::end_trial(Deadline deadline) {
  TRY_ASSIGN(const bool put_back, files_.end_trials(trial_mark, deadline));
  if (!put_back) return {};
  TRY(open_consoles(deadline));
  return command_->reload(deadline);
}

// Whether a RELOAD has put the trial in force, or has taken it out of force again.
Result<void> Bouncer::see_trial(const std::string& file, bool in_force, Deadline deadline) {
  const auto patience = deadline.or_earlier(Deadline::in(time_to_show));
  const auto there = wait_until("the trial is in force", patience, between_trial_looks, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(const auto served, watch_->databases(patience.for_one_read()));
    return std::any_of(served.begin(), served.end(), [](const auto& one) { return one.name == trial_database; }) ==
           in_force;
  });
  if (there) return {};
  if (there.error().kind != ErrorKind::timed_out) return there;
  auto out = error(ErrorKind::not_ready,
                   fmt::format("does not read its config file after a rename: RELOAD did not {} the database {}",
                               in_force ? "show" : "take away", trial_database));
  out.expected = fmt::format("{} {} SHOW DATABASES", trial_database, in_force ? "in" : "not in");
  out.seen = in_force ? "no such database" : "it is still there";
  out.hint = fmt::format(
      "is {} alone mounted into a container? Mount its folder. Else the file can't be read: see this bouncer's log",
      file);
  return fail(out);
}

// One that a RELOAD would send elsewhere, if there is one.
Result<void> Bouncer::check_reload_is_harmless(const ConfigFile& file, const std::map<std::string, Database>& running) {
  for (const auto& [database, pool] : running) {
    TRY_ASSIGN(const auto written, file.route(database));
    if (Route{pool.host, pool.port} == written) continue;
    auto out = error(ErrorKind::not_ready, "a RELOAD would send clients elsewhere");
    out.expected = fmt::format("{}, as {} says", address_text(written.host, written.port),
                               file.place_of(database).value_or(files_.path()));
    out.seen = address_text(pool.host, pool.port) + " in SHOW DATABASES";
    out.hint = "RELOAD, or correct the file; then look again: pgcleave check";
    return fail(out);
  }
  return {};
}

Result<void> Bouncer::try_file(Deadline deadline) {
  TRY(check_config_path(deadline));
  TRY(end_trial(deadline));
  TRY_ASSIGN(const auto file, config(deadline));
  TRY_ASSIGN(const auto running, pools(deadline));
  // A RELOAD now would cost clients an error after RESUME (resuming.cpp).
  if (std::any_of(running.begin(), running.end(), [](const auto& pool) { return pool.second.paused; })) return {};
  TRY(check_reload_is_harmless(file, running));
  TRY_ASSIGN(
      const auto trial,
      file.with_lines_behind(spec_.database, {trial_mark, fmt::format("{} = host=127.0.0.1 port=1", trial_database)}));
  const auto tried = [&]() -> Result<void> {
    TRY(files_.begin_trial(trial, deadline));
    TRY(command_->reload(deadline));
    return see_trial(trial.path, true, deadline);
  }();
  const auto ended = end_trial(deadline);
  if (!tried) static_cast<void>(files_.discard(deadline));
  TRY(tried);
  TRY(ended);
  return see_trial(trial.path, false, deadline);
}

}  // namespace pgcleave::pgbouncer
