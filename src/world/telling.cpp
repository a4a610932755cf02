#include "world/telling.h"

namespace pgcleave::world {

void Telling::changed(const std::string& text) {
  if (text != last_) say(text);
}

void Telling::now_and_then(const std::string& text) {
  if (!next_.passed()) return;
  say(text);
  next_ = Deadline::in(std::chrono::seconds(5));
}

void Telling::say(const std::string& text) {
  last_ = text;
  world_.progress.say(text);
}

}  // namespace pgcleave::world
