// Another process, named by a descriptor so that its number can't come to mean another one.
#pragma once

#include "base/child.h"
#include "base/deadline.h"

namespace pgcleave {

class WatchedProcess {
 public:
  // The parent of this process, if that is still `pid`; else one that is gone.
  static WatchedProcess parent(int pid);

  [[nodiscard]] bool gone() const;
  // Stopped by a signal or a debugger: it does nothing, and holds what it holds.
  [[nodiscard]] bool stopped() const;
  void kill() const;
  // Until it is gone, until `other` can be read or has ended, or until the nap is over.
  void watch(int other, Duration nap) const;

 private:
  WatchedProcess(int pid, Fd fd) : pid_(pid), fd_(std::move(fd)) {}
  int pid_;
  Fd fd_;  // not open: gone
};

}  // namespace pgcleave
