#include "engine/direction.h"

namespace pgcleave::engine {

Direction direction_of(const std::string& phase_name) {
  return phase_name.rfind("rollback.", 0) == 0 ? Direction::back : Direction::forward;
}

Direction direction_of(const runbook::Phase& phase) {
  return phase.is_rollback() ? Direction::back : Direction::forward;
}

const char* window_of(Direction direction) {
  return direction == Direction::back ? "rollback.window" : "window";
}

}  // namespace pgcleave::engine
