// Time. Every wait takes a Deadline of the monotonic clock: a wall clock that jumps must not end or prolong a window.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/result.h"

namespace pgcleave {

using Duration = std::chrono::microseconds;

// The machine's steady clock, behind clock.cpp: tests that simulate time link another definition of these two
// functions.
struct Monotonic {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic, duration>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
  static void sleep_for(Duration duration);
};

class Deadline {
 public:
  static Deadline in(Duration duration) { return Deadline(Monotonic::now() + duration); }
  static Deadline at(Monotonic::time_point when) { return Deadline(when); }

  [[nodiscard]] bool passed() const { return Monotonic::now() >= when_; }
  // Zero when passed; never negative.
  [[nodiscard]] Duration left() const;
  [[nodiscard]] Deadline or_earlier(Deadline other) const { return when_ < other.when_ ? *this : other; }
  // The last look before a deadline needs time to be answered: cut off, it would tell nothing and cost its connection.
  [[nodiscard]] Deadline for_one_read() const { return left() > one_read ? *this : in(one_read); }
  [[nodiscard]] Monotonic::time_point when() const { return when_; }

 private:
  static constexpr Duration one_read = std::chrono::milliseconds(250);
  explicit Deadline(Monotonic::time_point when) : when_(when) {}
  Monotonic::time_point when_;
};

// Set by a signal handler or by the engine, looked at by every wait. Lock-free, so safe inside a signal handler.
class StopFlag {
 public:
  void request() { requests_.fetch_add(1); }
  void clear() { requests_.store(0); }
  [[nodiscard]] bool requested() const { return requests_.load() > 0; }
  [[nodiscard]] int requests() const { return requests_.load(); }

 private:
  std::atomic<int> requests_{0};
};

// Sleeps at most until the deadline. Returns early, with false, when a stop was requested (may be null).
bool sleep_until(Deadline deadline, Duration nap, const StopFlag* stop);

// Calls `check` until it says true, an error, the deadline has passed (timed_out) or a stop is requested (interrupted).
// `what` completes the sentence "gave up waiting until ...". Looks at least once. Between two looks it naps as long as
// `rested` says: what takes long is asked for less often.
template <class Check>
Result<void> wait_until(const std::string& what, Deadline deadline, Duration nap, const StopFlag* stop, Check check);

// Goes on while the machine is suspended, unlike Monotonic: tells that somebody was away.
Duration time_since_boot();

// Wall clock, for records only: "2026-11-21T19:44:26.123456Z".
std::string utc_now();
// Microseconds since the epoch, for records that are aligned with other programs' logs.
std::int64_t utc_now_us();

Error gave_up(const std::string& what, bool interrupted);

// At least `nap`, and a hundredth of what was waited so far: a wait becomes at most 1 % longer by it, and one of
// minutes costs a server some looks a second, not thousands. At most a quarter of a second.
Duration rested(Duration nap, Monotonic::time_point began);

template <class Check>
Result<void> wait_until(const std::string& what, Deadline deadline, Duration nap, const StopFlag* stop, Check check) {
  const auto began = Monotonic::now();
  while (true) {
    const bool last = deadline.passed();
    Result<bool> seen = check();
    if (!seen) return fail(seen.error());
    if (*seen) return {};
    if (last) return fail(gave_up(what, false));
    if (!sleep_until(deadline, rested(nap, began), stop)) return fail(gave_up(what, true));
  }
}

// Which stop the waits of this thread heed: those for an answer of a server, a console, a shell or an HTTP request.
// Outside windows a person who stops a run is answered within a second, whatever it waits for. Nothing is heeded unless
// somebody says so: in a window, and while something is undone, waits go by their deadlines alone.

// As long as it lives, this thread heeds `stop` (null: none), and afterwards what it heeded before. A thread that is
// started heeds none: it is given current().
class HeededStop {
 public:
  explicit HeededStop(const StopFlag* stop);
  HeededStop(const HeededStop&) = delete;
  HeededStop& operator=(const HeededStop&) = delete;
  ~HeededStop();

  static const StopFlag* current();
  static bool requested();
  // Until when a wait may last before requested() is looked at again: the deadline itself where none is heeded.
  static Deadline next_look(Deadline deadline);

 private:
  const StopFlag* before_;
};

}  // namespace pgcleave
