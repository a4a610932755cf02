// SQLite on a machine that fails: the n-th of its calls of the system, or of its allocations, and those after it when
// that lasts.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

namespace pgcleave::journal {

enum class Fault { disk, disk_lasting, lock, memory, memory_lasting };

std::string name_of(Fault fault);

// While one is there, call number `at` (from 1) of `fault`'s kind fails.
class Failing {
 public:
  Failing(Fault fault, int at);
  ~Failing();
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;
  [[nodiscard]] bool happened() const;
};

// While one is there, a write of SQLite's does not end, until it is thawed.
class Frozen {
 public:
  Frozen();
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  void thaw();
};

// SQLite's memory can be watched only from before its first connection on.
class WatchedMemory {
 public:
  WatchedMemory();
  ~WatchedMemory();
  WatchedMemory(const WatchedMemory&) = delete;
  WatchedMemory& operator=(const WatchedMemory&) = delete;
};

// Runs `trial` with its first call failing, then its second, until all its calls went well. It is given where; it says
// whether the fault happened. The answer: how many did.
inline int at_each_call(Fault fault, const std::function<bool(int)>& trial) {
  const int limit = 4000;
  for (int at = 1; at < limit; ++at) {
    INFO(name_of(fault) << " at call " << at);
    if (!trial(at)) return at - 1;
  }
  FAIL("no end of " << name_of(fault));
  return limit;
}

}  // namespace pgcleave::journal
