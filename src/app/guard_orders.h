// What a guard hears from its runner, line by line on its standard input (guarding.h).
#pragma once

#include <optional>
#include <string>

#include "base/deadline.h"
#include "journal/journal.h"

namespace pgcleave::app {

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
