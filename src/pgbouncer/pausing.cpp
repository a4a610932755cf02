// PAUSE of one process. It sets a flag at once and answers when no server connection of the database is active; when
// somebody RESUMEs meanwhile, it never answers (PgBouncer issue 715). So the other console watches the flag.
#include <algorithm>
#include <utility>

#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration first_nap = std::chrono::microseconds(100);
constexpr Duration longest_nap = std::chrono::milliseconds(2);
constexpr Duration between_looks = std::chrono::milliseconds(20);
constexpr Duration to_name_holders = std::chrono::milliseconds(500);
constexpr std::size_t holders_shown = 5;

}  // namespace

void Bouncer::begin_pause() {
  const bool ready = command_ && command_->alive() && !command_->busy() && watch_ && watch_->alive();
  pause_sent_ = ready && command_->begin_pause(spec_.database);
}

bool Bouncer::has_answered() {
  if (!pause_sent_ && !resume_sent_) return false;
  return (pause_sent_ ? command_ : watch_)->answered().value_or(true);
}

Result<Duration> Bouncer::pause(Monotonic::time_point start, Deadline deadline, const StopFlag* stop) {
  if (!std::exchange(pause_sent_, false)) {
    TRY(open_consoles(deadline));
    TRY(command_->begin_pause(spec_.database));
  }
  auto look_again = Monotonic::now() + between_looks;
  auto nap = first_nap;
  while (true) {
    const bool last = deadline.passed();
    TRY_ASSIGN(const bool answered, drained(look_again, deadline));
    if (answered) return std::chrono::duration_cast<Duration>(Monotonic::now() - start);
    const auto waited_for = fmt::format("no server connection of {} is active", spec_.database);
    if (last) return fail(still_active(gave_up(waited_for, false)));
    if (!sleep_until(deadline, nap, stop)) return fail(still_active(gave_up(waited_for, true)));
    nap = std::min(2 * nap, longest_nap);
  }
}

Result<bool> Bouncer::drained(Monotonic::time_point& look_again, Deadline deadline) {
  TRY_ASSIGN(const bool answered, command_->answered());
  if (answered) {
    TRY(command_->finish_pause(deadline.for_one_read()));
    allow_logins(deadline);
    return true;
  }
  if (Monotonic::now() < look_again) return false;
  look_again = Monotonic::now() + between_looks;
  TRY_ASSIGN(const bool unpaused, unpaused_meanwhile(deadline));
  if (!unpaused) {
    allow_logins(deadline);
    return false;
  }
  command_.reset();
  auto out = error(ErrorKind::conflict,
                   fmt::format("{} was resumed by another session while PAUSE was waiting", spec_.database));
  out.expected = "paused";
  out.seen = "not paused";
  out.hint = "the guard of this run may have done it, or a person: see pgcleave log";
  return fail(out);
}

Result<bool> Bouncer::unpaused_meanwhile(Deadline deadline) {
  TRY_ASSIGN(const auto seen, watch_->database(spec_.database, deadline.for_one_read()));
  if (seen.paused) return false;
  TRY_ASSIGN(const bool answered, command_->answered());
  return !answered;
}

Result<std::vector<ActiveServer>> Bouncer::active_servers(Deadline deadline) {
  TRY(open_consoles(deadline));
  return watch_->active_servers(spec_.database, deadline);
}

Result<void> Bouncer::kill(Deadline deadline) {
  TRY(open_consoles(deadline));
  return watch_->kill(spec_.database, deadline);
}

// The pool stays paused; only the console that will not answer is closed.
Error Bouncer::still_active(const Error& reason) {
  command_.reset();
  auto out = reason;
  out.object = "bouncer " + spec_.name;
  const auto holders = watch_->active_servers(spec_.database, Deadline::in(to_name_holders));
  if (!holders) {
    out.seen = "who holds them can't be told: " + holders.error().text();
    return out;
  }
  const auto shown = std::min(holders->size(), holders_shown);
  out.seen.clear();
  for (std::size_t i = 0; i < shown; ++i) out.seen += (i > 0 ? ", " : "") + (*holders)[i].text();
  if (holders->size() > shown) out.seen += fmt::format(" and {} more", holders->size() - shown);
  if (holders->empty()) out.seen = "none any more";
  out.hint = "let these transactions end, or end them with pg_terminate_backend(server pid), and run again";
  return out;
}

}  // namespace pgcleave::pgbouncer
