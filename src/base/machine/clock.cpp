#include <ctime>
#include <thread>

#include "base/deadline.h"

namespace pgcleave {

Monotonic::time_point Monotonic::now() noexcept {
  return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

void Monotonic::sleep_for(Duration duration) {
  std::this_thread::sleep_for(duration);
}

Duration time_since_boot() {
  std::timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec));
}

std::int64_t utc_now_us() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace pgcleave
