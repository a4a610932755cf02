// Does the process read the file that is replaced by a rename? Not when the file alone is mounted into a container, or when it is read
// under a name of its own: then a repoint would have no effect, and show it while clients wait. So it is tried beforehand, with a setting
// that does nothing unless somebody asks for SUSPEND or for a takeover (suspend_timeout, 1.18 to 1.26).
#include <cmath>
#include <cstdlib>

#include "base/format.h"
#include "pgbouncer/bouncer.h"
#include "pgbouncer/trial_mark.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr const char* harmless = "suspend_timeout";
constexpr Duration time_to_show = std::chrono::seconds(2);
constexpr Duration between_trial_looks = std::chrono::milliseconds(2);

bool same_number(const std::string& a, const std::string& b) {
  return std::abs(std::strtod(a.c_str(), nullptr) - std::strtod(b.c_str(), nullptr)) < 1e-3;
}

}  // namespace

// Also that of a process that died.
Result<void> Bouncer::end_trial(Deadline deadline) {
  TRY_ASSIGN(const bool reload, put_kept_file_back(place_, deadline));
  if (!reload) return {};
  TRY(open_consoles(deadline));
  return command_->reload(deadline);
}

// Whether a RELOAD has put the trial's value in force, or has taken it out of force again.
Result<void> Bouncer::see_trial(const std::string& value, bool in_force, Deadline deadline) {
  std::string seen;
  const auto patience = deadline.or_earlier(Deadline::in(time_to_show));
  const auto there = wait_until("the setting is in force", patience, between_trial_looks, nullptr, [&]() -> Result<bool> {
    TRY_ASSIGN(seen, watch_->setting(harmless, patience.for_a_look()));
    return same_number(seen, value) == in_force;
  });
  if (there) return {};
  if (there.error().kind != ErrorKind::timed_out) return there;
  auto out =
      error(ErrorKind::not_ready, fmt::format("does not read its config file after a rename: RELOAD did not show a changed {}", harmless));
  out.expected = fmt::format("{} {} {} in SHOW CONFIG", harmless, in_force ? "is" : "is not", value);
  out.seen = seen;
  out.hint = fmt::format(
      "is {} alone mounted into a container? Mount its folder. Else an %include sets {}, or the file can't be read: see this bouncer's log",
      place_.path(), harmless);
  return fail(out);
}

Result<void> Bouncer::try_file(Deadline deadline) {
  TRY(check_config_path(deadline));
  TRY(end_trial(deadline));
  TRY_ASSIGN(const auto file, config(deadline));
  TRY_ASSIGN(const auto written, file.route(spec_.database));
  TRY_ASSIGN(const auto seen, watch_->database(spec_.database, deadline));
  if (seen.paused) return {};  // a RELOAD now would cost clients an error after RESUME (resuming.cpp)
  if (Route{seen.host, seen.port} != written) {
    auto out = error(ErrorKind::not_ready, "a RELOAD would send clients elsewhere");
    out.expected = fmt::format("{}:{}, as {} says", written.host, written.port, place_.path());
    out.seen = fmt::format("{}:{} in SHOW DATABASES", seen.host, seen.port);
    out.hint = "RELOAD, or correct the file; then look again: pgcleave check";
    return fail(out);
  }
  TRY_ASSIGN(const auto now, watch_->setting(harmless, deadline));
  const auto changed = fmt::format("{}", std::strtol(now.c_str(), nullptr, 10) + 1);
  TRY_ASSIGN(const auto trial, file.with_last_lines({trial_mark, fmt::format("{} = {}", harmless, changed)}));
  TRY(place_.write_staged(trial, deadline));
  const auto tried = [&]() -> Result<void> {
    TRY(place_.begin_trial(deadline));
    TRY(command_->reload(deadline));
    return see_trial(changed, true, deadline);
  }();
  const auto ended = end_trial(deadline);
  if (!tried) static_cast<void>(place_.remove_staged(deadline));
  TRY(tried);
  TRY(ended);
  return see_trial(changed, false, deadline);
}

}  // namespace pgcleave::pgbouncer
