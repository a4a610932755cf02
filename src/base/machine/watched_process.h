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
  [[nodiscard]] int number() const { return pid_; }
  // Gone, or ended up to threads that sit in calls that the kernel does not end, such as a write to a frozen file
  // system.
  [[nodiscard]] bool has_ended() const;
  // After kill(): all that is left of it sits in such calls. None of its own code runs any more.
  [[nodiscard]] bool is_only_in_kernel() const;
  void kill() const;
  // Until it is gone, until `other` can be read or has ended, or until the nap is over.
  void watch(int other, Duration nap) const;

 private:
  WatchedProcess(int pid, Fd fd) : pid_(pid), fd_(std::move(fd)) {}
  int pid_;
  Fd fd_;  // not open: gone
};

}  // namespace pgcleave
