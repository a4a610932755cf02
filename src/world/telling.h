// How far a long wait is, in lines for people.
#pragma once

#include <string>

#include "base/deadline.h"
#include "world/world.h"

namespace pgcleave::world {

class Telling {
 public:
  explicit Telling(const World& world) : world_(world) {}
  void changed(const std::string& text);       // when it is not what was said last
  void now_and_then(const std::string& text);  // every few seconds
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  void say(const std::string& text);
  const World& world_;
  std::string last_;
  Deadline next_ = Deadline::in(Duration(0));
};

}  // namespace pgcleave::world
