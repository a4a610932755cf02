#include "engine/direction.h"

#include "runbook/phase_kind.h"

namespace pgcleave::engine {

Direction direction_of(const std::string& phase_name) {
  const auto kind = runbook::phase_named(phase_name);
  return kind && runbook::is_rollback(*kind) ? Direction::back : Direction::forward;
}

Direction direction_of(const runbook::Phase& phase) {
  return phase.is_rollback() ? Direction::back : Direction::forward;
}

const char* window_of(Direction direction) {
  return name_of(direction == Direction::back ? runbook::PhaseKind::rollback_window : runbook::PhaseKind::window);
}

}  // namespace pgcleave::engine
