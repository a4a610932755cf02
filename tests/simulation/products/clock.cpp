// Nobody waits: who sleeps lets the simulated time pass.
#include "base/deadline.h"
#include "model/universe.h"

namespace pgcleave {

Monotonic::time_point Monotonic::now() noexcept {
  return time_point(std::chrono::microseconds(simulation::universe().now));
}

void Monotonic::sleep_for(Duration duration) {
  simulation::universe().advance(duration);
}

Duration time_since_boot() {
  return std::chrono::microseconds(simulation::universe().now);
}

std::int64_t utc_now_us() {
  return simulation::universe().now;
}

}  // namespace pgcleave
