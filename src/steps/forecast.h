// How long will clients wait? What rehearsals say, and what is in the way just now.
#pragma once

#include <string>

#include "base/units.h"
#include "steps/world.h"

namespace pgcleave::steps {

struct Forecast {
  RehearsedPause rehearsed;       // rounds = 0: this very runbook was never rehearsed
  Duration oldest_transaction{};  // that has written moved tables and has not ended: PAUSE and drain wait for it
  std::string whose;              // that transaction, in a line
  Bytes lag;                      // what the other side has not taken in
  Bytes wal_per_second;           // written by the side that serves, just now
  Duration to_catch_up{};         // the lag, at the speed at which WAL is written

  // The rehearsals' p90, and what is in the way now.
  [[nodiscard]] double expected_ms() const;
  [[nodiscard]] std::string text() const;  // one line for people
};

// `phase` is the window's. Takes a quarter of a second, to measure the rate. Reads only.
Result<Forecast> forecast(World& world, const std::string& phase, Deadline deadline);

}  // namespace pgcleave::steps
