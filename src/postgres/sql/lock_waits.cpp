#include "postgres/sql/lock_waits.h"

#include <algorithm>
#include <random>

#include "base/format.h"

namespace pgcleave::postgres {

bool is_for_want_of_a_lock(const Error& error) {
  constexpr const char* lock_not_available = "55P03";
  constexpr const char* deadlock_detected = "40P01";
  return error.code == lock_not_available || error.code == deadlock_detected;
}

Duration backoff(int round) {
  static thread_local std::mt19937 random{std::random_device{}()};
  const int longest_ms = std::min(1000, 50 << std::min(round, 5));
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(longest_ms / 2, longest_ms)(random));
}

std::string lock_timeout_sql(Duration lock_timeout, Deadline deadline) {
  const auto wait = std::max<std::int64_t>(1, std::min(lock_timeout, deadline.left()).count() / 1000);
  return fmt::format("SET LOCAL lock_timeout TO '{}ms'", wait);
}

Error in_the_way_error(const std::vector<Blocker>& blockers, const std::string& object, const std::string& what,
                       bool interrupted) {
  Error error = gave_up(what, interrupted);
  error.object = object;
  const bool wraparound =
      std::any_of(blockers.begin(), blockers.end(), [](const auto& blocker) { return blocker.anti_wraparound; });
  const bool vacuum = std::any_of(blockers.begin(), blockers.end(),
                                  [](const auto& blocker) { return blocker.backend_type == "autovacuum worker"; });
  std::vector<std::string> who;
  for (const auto& blocker : blockers) who.push_back(blocker.text());
  error.seen = who.empty() ? "nobody in the way any more" : fmt::format("{}", fmt::join(who, "; "));
  if (wraparound) {
    error.hint =
        "an autovacuum to prevent wraparound never yields: let it finish, or end it with SELECT "
        "pg_terminate_backend(pid)";
  } else if (vacuum) {
    error.hint =
        "autovacuum only yields to a wait longer than deadlock_timeout: choose a lock_timeout above SHOW "
        "deadlock_timeout";
  } else if (!who.empty()) {
    error.hint = "end those transactions, or try again when they are gone";
  }
  return error;
}

}  // namespace pgcleave::postgres
