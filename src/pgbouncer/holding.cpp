// How a process keeps clients waiting between RELOAD and RESUME of a pool that gets another route.
//
// A RELOAD that changes the route makes a pool forget the server's welcome. Whoever logs in to it then makes PgBouncer
// log in to the server at once, though the database is paused: only the pause of the whole process is asked for
// (objects.c, finish_client_login(), 1.18 to 1.25). The database's pause closes that login, which counts as failed, and
// after RESUME everybody who asks for a server before the next login has succeeded is refused (check_fast_fail()).
//
// Before 1.23 a pool size of 0 lets nobody log in to a server whose welcome is known (launch_new_connection()): RELOAD
// comes together with RESUME. From 1.23 on 0 is no bound. There the whole process is paused, its databases are resumed
// under that pause, and RESUME of the process lets all clients go at once. PAUSE of the process can be seen from 1.19
// on (SHOW STATE), so a run that died leaves nothing that the next one would not find.
#include <algorithm>
#include <cstdio>

#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration time_to_pause = std::chrono::milliseconds(250);  // nobody is active: its databases are paused
constexpr int first_with_state = 19;
constexpr int first_without_pool_size = 23;

// The second number of "PgBouncer 1.24.1"; 0 where it can't be told.
int minor_of(const std::string& version) {
  int major = 0;
  int minor = 0;
  const auto digits = version.find_first_of("0123456789");
  if (digits == std::string::npos || std::sscanf(version.c_str() + digits, "%d.%d", &major, &minor) != 2) return 0;
  return major == 1 ? minor : 0;
}

}  // namespace

Hold hold_of(const std::string& version, bool own_pool_size) {
  const int minor = minor_of(version);
  if (minor == 0) return Hold::none;
  if (minor < first_without_pool_size && !own_pool_size) return Hold::pool_size;
  return minor >= first_with_state ? Hold::process : Hold::none;
}

bool Bouncer::shows_state() const {
  return minor_of(version_) >= first_with_state;
}

// Where it can't be asked the databases' own flags tell.
bool Bouncer::is_process_paused(Deadline deadline) {
  return shows_state() && watch_ && watch_->process_paused(deadline).value_or(false);
}

Hold Bouncer::hold(Deadline deadline) {
  if (serves_others(deadline)) return Hold::none;
  const auto how = hold_of(version_, own_pool_size_);
  if (how == Hold::pool_size && !hold_by_pool_size(deadline)) return Hold::none;
  if (how == Hold::process && !hold_process(deadline)) return Hold::none;
  return how;
}

// The reserve pool would let clients go who have waited for long.
bool Bouncer::hold_by_pool_size(Deadline deadline) {
  if (!command_->set("reserve_pool_timeout", "0", deadline) || !command_->set("default_pool_size", "0", deadline))
    return false;
  const auto seen = pools(deadline);
  return seen && std::all_of(seen->begin(), seen->end(),
                             [](const auto& pool) { return pool.second.paused && pool.second.pool_size == 0; });
}

// A PAUSE that does not answer is taken back: the databases stay paused.
bool Bouncer::hold_process(Deadline deadline) {
  const auto patience = deadline.or_earlier(Deadline::in(time_to_pause));
  if (command_->pause_process(patience)) return true;
  if (!command_->busy()) return is_process_paused(patience);  // refused: it is paused already, or this may not be done
  command_.reset();
  static_cast<void>(watch_->resume_process(deadline.for_one_read()));
  return false;
}

// RELOAD, the look at its route, and RESUME of each database: RESUME of the process is all that is left then. Where the
// route does not come the databases' own pauses remain.
Result<void> Bouncer::reload_under_hold(Deadline deadline) {
  if (const auto reloaded = put_in_force(*due_, deadline); !reloaded) {
    static_cast<void>(watch_->resume_process(deadline.for_one_read()));
    return reloaded;
  }
  for (const auto& database : databases_) TRY(command_->resume(database, deadline));
  process_held_ = true;
  return {};
}

// After RESUME of its database: a run that died may have left the process paused. Where it serves others the pause of
// the process is not ours.
Result<void> Bouncer::resume_process(Deadline deadline) {
  if (!acts_on_process() || !is_process_paused(deadline) || serves_others(deadline)) return {};
  return watch_->resume_process(deadline);
}

}  // namespace pgcleave::pgbouncer
