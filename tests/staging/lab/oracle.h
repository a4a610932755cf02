#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "history.h"
#include "stored_rows.h"

namespace pgcleave_lab {

struct Window {
  std::int64_t from_us = 0, to_us = std::numeric_limits<std::int64_t>::max();  // real time
  bool holds(const Moment& moment) const { return moment.real_us >= from_us && moment.real_us <= to_us; }
};

// An asynchronous failover loses what the member that was promoted did not have: acknowledged by a side in that time.
struct Failover {
  std::string scope;
  Window acknowledged;
};

struct Findings {
  long long lost_by_failover = 0;  // allowed
  long long lost = 0, duplicated = 0, on_both_sides = 0, stranded = 0, unknown_but_present = 0, failed_but_present = 0;
  std::vector<std::string> examples;  // the first of each kind, in words
  bool clean() const { return lost + duplicated + on_both_sides + stranded + failed_but_present == 0; }
};

// Compares what clients were told with what is stored. Pure: no connection, no clock.
//   serving  what the side that owns the moved tables holds
//   staying  what the source holds (the tables that stay are always looked for there)
//   live     clients go on: what they did last is not in the history yet
//   failovers  what these may have lost may be absent, each write as a whole
//   other    the other side, or null if it only replays the serving one and is the same by construction
Findings judge(const std::vector<Record>& history, const StoredRows& serving, const StoredRows& staying,
               const StoredRows* other, const std::string& other_scope, bool live = false,
               const std::vector<Failover>& failovers = {});

struct Latencies {
  long long acknowledged = 0, failed = 0, unknown = 0, reads = 0, client_errors = 0;
  double wait_max_ms = 0, gap_ms = 0, staying_gap_ms = 0, p50_ms = 0, p99_ms = 0, per_second = 0;
  std::map<std::string, long long> messages;   // distinct errors
  std::map<std::string, long long> stored_on;  // acknowledged writes of the moved tables by the side that stored them
};

Latencies measure(const std::vector<Record>& history, const Window& window);

}  // namespace pgcleave_lab
