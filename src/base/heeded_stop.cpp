#include "base/heeded_stop.h"

namespace pgcleave {
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
