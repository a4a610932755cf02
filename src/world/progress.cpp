#include "world/progress.h"

namespace pgcleave::world {

void Progress::say(const std::string& text) const {
  if (listener_) listener_(text);
}

}  // namespace pgcleave::world
