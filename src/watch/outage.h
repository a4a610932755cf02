// From what clients saw to what is told of a window: how long writes were not served, and by whom they were.
#pragma once

#include "base/json.h"
#include "watch/prober.h"

namespace pgcleave::watch {

struct Stretch {
  Monotonic::time_point from;
  Monotonic::time_point to;
  std::int64_t from_us = 0;     // `from` on the wall clock
  bool served_at_first = true;  // each bouncer served when it began; false: an outage had begun before
};

// The keys of `window.watched` (docs/journal.md) from `outage_ms` on.
Json outage_in_json(const std::vector<ClientSeen>& clients, const Stretch& stretch);

}  // namespace pgcleave::watch
