#include <thread>

#include "base/deadline.h"

namespace pgcleave {

Monotonic::time_point Monotonic::now() noexcept {
  return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

void Monotonic::sleep_for(Duration duration) {
  std::this_thread::sleep_for(duration);
}

}  // namespace pgcleave
