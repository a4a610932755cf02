// What the prober saw around a window: the journal's window.watched.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "journal/journal.h"

namespace pgcleave::report {

struct WatchedBouncer {
  std::string name;
  std::int64_t writes = 0;
  std::int64_t errors = 0;
  std::string first_error;
  double outage_ms = 0;
  double longest_wait_ms = 0;
  std::string first_on;  // cluster that stored the first write
  std::string last_on;
};

struct Watched {
  std::string phase;
  int attempt = 1;
  std::string why;  // nothing was measured, and why; "" = it was
  double every_ms = 0;
  double outage_ms = 0;       // of the client that had it worst
  double mean_outage_ms = 0;  // of all; 0: not known
  bool at_least = false;      // it had not ended when the prober stopped
  std::int64_t outage_began_at_us = 0;
  double longest_wait_ms = 0;
  std::int64_t errors = 0;
  std::int64_t wrong_side = 0;
  std::vector<WatchedBouncer> bouncers;
  std::int64_t curve_from_us = 0;
  double curve_step_ms = 0;
  std::vector<double> curve;  // acknowledged writes per step
  [[nodiscard]] bool measured() const { return why.empty(); }
};

Watched watched_of(const journal::Event& event);
Json json_of(const Watched& watched);

}  // namespace pgcleave::report
