// The runner's end of its guard (guard.cpp): a process of its own that brings clients back when this one dies in a
// window.
//
// The guard reads its standard input and writes to the pipe that it has as standard output.
//   guard > runner   "ready\n"          connections are open
//   runner > guard   "longest N\n"      a window is about to be entered; stopped for more than N microseconds, the
//   runner is to be killed
//                    "entered JSON\n"   it was, and so it was recorded: all that undo needs should the journal not
//                    answer later "alive\n"          it is at work, said once a second at most "dismissed\n" clients
//                    are served, whatever becomes of the runner and of its journal end of input       the runner has
//                    ended or died
#pragma once

#include <optional>
#include <string>

#include "base/child.h"
#include "engine/guard_hooks.h"

namespace pgcleave::app {

class Guard {
 public:
  Guard(std::string run, std::string journal, std::string environment);
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard();

  [[nodiscard]] engine::GuardHooks hooks();

 private:
  Result<void> start(bool clients_wait);
  Result<void> start_as(const std::vector<std::string>& words);
  Result<void> await_ready(Deadline deadline);
  Result<void> tell(const std::string& line);
  void say_alive();
  void dismiss();

  std::string run_;
  std::string journal_;
  std::string environment_;
  std::optional<Child> child_;
  Fd to_guard_;
  Monotonic::time_point said_alive_{};
};

}  // namespace pgcleave::app
