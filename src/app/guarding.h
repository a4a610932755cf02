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
#include "base/deadline.h"
#include "engine/window_hooks.h"
#include "journal/journal.h"

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

// What a guard hears from its runner, line by line on its standard input (above).

class Orders {
 public:
  // Reads what is there now.
  void read();
  [[nodiscard]] bool ended() const { return ended_; }  // the runner's end of the pipe is closed
  [[nodiscard]] bool dismissed() const { return dismissed_; }
  [[nodiscard]] bool too_long() const { return longest_ && longest_->passed(); }
  // Has the runner said nothing for so long? It says with its records that it is at work, whether its journal answers
  // or not.
  [[nodiscard]] bool silent_for(Duration duration) const { return Monotonic::now() - heard_at_ > duration; }
  // The window that was entered.
  [[nodiscard]] const std::optional<journal::Event>& entered() const { return entered_; }

 private:
  void hear(const std::string& line);

  std::string text_;
  bool ended_ = false;
  bool dismissed_ = false;
  std::optional<Deadline> longest_;
  std::optional<journal::Event> entered_;
  Monotonic::time_point heard_at_ = Monotonic::now();
};

// The line that tells of a window that was entered.
std::string entered_line(const journal::Event& entered);

}  // namespace pgcleave::app
