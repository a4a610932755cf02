// Work that the machine may hold up without end, such as a write to a file system that is frozen. A thread of its own
// does it, in the order in which it came; whoever needs it waits with a deadline. A thread that sits in such a call
// can't be ended: it is left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/deadline.h"

namespace pgcleave {

class SideThread {
 public:
  using Job = std::uint64_t;  // 1, 2, 3, ...

  // The thread comes with the first job, and ends when there was none for so long.
  explicit SideThread(Duration linger);
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;
  // What has not begun is dropped. Waits a tenth of a second for what has, then leaves it behind.
  ~SideThread();

  Job add(std::function<void()> work);
  // False: not by the deadline.
  [[nodiscard]] bool is_done(Job job, Deadline by) const;
  // Adds it and waits. False: not by the deadline; it is still to be done.
  bool run(std::function<void()> work, Deadline by);
  // False: it has begun or ended.
  bool cancel(Job job);
  [[nodiscard]] std::size_t left() const;  // jobs that have not ended
  // Sits what has begun in a call that even SIGKILL does not end (state D in /proc)?
  [[nodiscard]] bool is_in_kernel() const;

  // Is a thread of this process left behind? Then it must end without running destructors of what that thread may use.
  static bool any_left_behind();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pgcleave
