#include "base/deadline.h"

#include <algorithm>
#include <ctime>

#include "base/format.h"

namespace pgcleave {

Duration Deadline::left() const {
  const auto left = std::chrono::duration_cast<Duration>(when_ - Monotonic::now());
  return std::max(left, Duration::zero());
}

bool sleep_until(Deadline deadline, Duration nap, const StopFlag* stop) {
  // A long nap is cut into pieces, so that ctrl-C is answered within a tenth of a second.
  const auto end = deadline.or_earlier(Deadline::in(nap));
  while (true) {
    if (stop != nullptr && stop->requested()) return false;
    const auto left = end.left();
    if (left == Duration::zero()) return true;
    Monotonic::sleep_for(std::min<Duration>(left, std::chrono::milliseconds(100)));
  }
}

Duration rested(Duration nap, Monotonic::time_point began) {
  constexpr Duration longest = std::chrono::milliseconds(250);
  const auto waited = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  return std::max(nap, std::min(longest, waited / 100));
}

Error gave_up(const std::string& what, bool interrupted) {
  Error error;
  error.kind = interrupted ? ErrorKind::interrupted : ErrorKind::timed_out;
  error.what = (interrupted ? "was asked to stop while waiting until " : "gave up waiting until ") + what;
  return error;
}

std::string utc_now() {
  const auto now_us = utc_now_us();
  const std::time_t seconds = now_us / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now_us % 1'000'000);
}

namespace {

constexpr Duration between_looks = std::chrono::milliseconds(50);
thread_local const StopFlag* heeded = nullptr;

}  // namespace

HeededStop::HeededStop(const StopFlag* stop) : before_(heeded) {
  heeded = stop;
}

HeededStop::~HeededStop() {
  heeded = before_;
}

const StopFlag* HeededStop::current() {
  return heeded;
}

bool HeededStop::requested() {
  return heeded != nullptr && heeded->requested();
}

Deadline HeededStop::next_look(Deadline deadline) {
  return heeded == nullptr ? deadline : deadline.or_earlier(Deadline::in(between_looks));
}

}  // namespace pgcleave
