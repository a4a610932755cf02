#include "base/deadline.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <ctime>
#include <future>
#include <regex>
#include <thread>

using namespace pgcleave;
using namespace std::chrono_literals;

namespace {
std::atomic<std::time_t> wall_clock_is_off_by{0};  // seconds, as this program alone sees it
}

// libstdc++ asks this one instead of the C library's.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto answer = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) time->tv_sec += wall_clock_is_off_by;
  return answer;
}

TEST_CASE("a deadline that has passed has nothing left, not less") {
  const auto past = Deadline::in(-5s);
  CHECK(past.passed());
  CHECK(past.left() == 0us);
  const auto ahead = Deadline::in(1h);
  CHECK_FALSE(ahead.passed());
  CHECK(ahead.left() > 59min);
  CHECK(ahead.left() <= 1h);
}

TEST_CASE("of two deadlines the earlier one counts") {
  const auto now = Monotonic::now();
  CHECK(Deadline::at(now).or_earlier(Deadline::at(now + 1s)).when() == now);
  CHECK(Deadline::at(now + 1s).or_earlier(Deadline::at(now)).when() == now);
}

TEST_CASE("a nap ends with the deadline") {
  const auto begun = Monotonic::now();
  CHECK(sleep_until(Deadline::in(20ms), 1h, nullptr));
  CHECK(Monotonic::now() - begun >= 20ms);
  CHECK(Monotonic::now() - begun < 5s);
}

TEST_CASE("a nap is left early when a stop is requested") {
  StopFlag stop;
  std::thread operator_([&] {
    std::this_thread::sleep_for(30ms);
    stop.request();
  });
  const auto begun = Monotonic::now();
  CHECK_FALSE(sleep_until(Deadline::in(1h), 1h, &stop));
  CHECK(Monotonic::now() - begun < 5s);
  operator_.join();
  CHECK(stop.requests() == 1);
  stop.clear();
  CHECK_FALSE(stop.requested());
}

TEST_CASE("waiting looks at least once, also when the deadline has passed") {
  int looks = 0;
  CHECK(wait_until("it is there", Deadline::in(-1s), 1ms, nullptr, [&]() -> Result<bool> { return ++looks == 1; }));
  CHECK(looks == 1);
}

TEST_CASE("waiting ends with the first look that says yes") {
  int looks = 0;
  CHECK(wait_until("it is there", Deadline::in(10s), 1ms, nullptr, [&]() -> Result<bool> { return ++looks == 3; }));
  CHECK(looks == 3);
}

TEST_CASE("waiting looks once more after its last nap, so that what came late but in time counts") {
  const auto deadline = Deadline::in(30ms);
  const auto look = [&]() -> Result<bool> { return deadline.left() < 10ms; };
  CHECK(wait_until("it is there", deadline, 1h, nullptr, look));
}

TEST_CASE("what is waited for long is looked for less often, and four times a second at least") {
  const auto waited = [](Duration so_far) { return rested(500us, Monotonic::now() - so_far); };
  CHECK(waited(0us) == 500us);
  CHECK(waited(40ms) == 500us);
  CHECK(waited(10s) >= 100ms);
  CHECK(waited(10s) < 110ms);
  CHECK(waited(10min) == 250ms);
  CHECK(rested(1s, Monotonic::now() - 10min) == 1s);
}

TEST_CASE("waiting in vain says what was waited for") {
  const auto waited =
      wait_until("the pool is paused", Deadline::in(5ms), 1ms, nullptr, []() -> Result<bool> { return false; });
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == ErrorKind::timed_out);
  CHECK(waited.error().what == "gave up waiting until the pool is paused");
}

TEST_CASE("waiting is interrupted by a stop and ended by an error") {
  StopFlag stop;
  stop.request();
  const auto interrupted =
      wait_until("it is there", Deadline::in(10s), 1ms, &stop, []() -> Result<bool> { return false; });
  CHECK(interrupted.error().kind == ErrorKind::interrupted);
  const auto broken = wait_until("it is there", Deadline::in(10s), 1ms, nullptr, []() -> Result<bool> {
    return fail({ErrorKind::conflict, "", "gone", "", "", "", ""});
  });
  CHECK(broken.error().kind == ErrorKind::conflict);
}

TEST_CASE("the wall clock is written in UTC with microseconds") {
  CHECK(std::regex_match(utc_now(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")));
  CHECK(utc_now_us() > 1'700'000'000'000'000);
}

TEST_CASE("a wall clock that jumps neither ends a wait nor prolongs it") {
  for (const std::time_t hours : {1, -1}) {
    CAPTURE(hours);
    const auto began = Monotonic::now();
    const auto deadline = Deadline::in(300ms);
    std::promise<void> over;
    auto jump = std::async(std::launch::async, [hours, ended = over.get_future()] {
      std::this_thread::sleep_for(100ms);
      wall_clock_is_off_by = hours * 3600;
      const auto seen = utc_now_us() / 1'000'000 - std::time(nullptr);
      static_cast<void>(ended.wait_for(5s));
      wall_clock_is_off_by = 0;
      return seen;
    });
    CHECK_FALSE(wait_until("it never happens", deadline, 10ms, nullptr, [] { return Result<bool>(false); }));
    const auto waited = Monotonic::now() - began;
    over.set_value();
    CHECK(std::abs(jump.get() - hours * 3600) <= 2);  // it did jump
    CHECK(waited >= 300ms);
    CHECK(waited < 4s);
  }
}
