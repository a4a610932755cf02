// How long will clients wait? What rehearsals say, and what is in the way just now.
#pragma once

#include <optional>
#include <string>

#include "base/units.h"
#include "postgres/activity.h"
#include "world/world.h"

namespace pgcleave::steps {

// An estimate of how long a transaction will still last. A statement that pg_stat_statements knows by five calls or
// more is expected to end at its mean and two standard deviations, or else with its longest call. A transaction of
// which nothing is known, such as one that is idle, or that has outlived all earlier ones, is expected to last as long
// again as it has lasted.
Duration still_to_come(const postgres::OpenTransaction& transaction);

struct Forecast {
  RehearsedPause rehearsed;  // rounds = 0: this very runbook was never rehearsed
  int transactions = 0;  // that PAUSE waits for (readers too), or that write moved tables and come round the bouncers
  Duration oldest_transaction{};  // the age of the oldest of them
  Duration still_to_come{};       // until the last of them has ended, by the estimate
  std::string whose;              // the one that is expected to end last, in a line
  Bytes lag;                      // what the other side has not taken in
  Bytes wal_per_second;           // written by the side that serves, just now
  Duration to_catch_up{};         // the lag, at the speed at which WAL is written

  // The rehearsals' p90, and what is in the way now.
  [[nodiscard]] double expected_ms() const;
  [[nodiscard]] std::string text() const;  // one line for people
};

// Takes a quarter of a second, to measure the rate. Reads only. An error where a bouncer can't be asked.
Result<Forecast> forecast(World& world, runbook::PhaseKind window, Deadline deadline);

}  // namespace pgcleave::steps
