// How far a long step is, said to a listener. Without a listener saying it does nothing.
#pragma once

#include <functional>
#include <string>
#include <utility>

namespace pgcleave::world {

class Progress {
 public:
  using Listener = std::function<void(const std::string& text)>;

  Progress() = default;
  explicit Progress(Listener listener) : listener_(std::move(listener)) {}
  void say(const std::string& text) const;

 private:
  Listener listener_;
};

}  // namespace pgcleave::world
