#include "engine/direction.h"

#include "runbook/phase_kind.h"

namespace pgcleave::engine {

Direction direction_of(runbook::PhaseKind phase) {
  return runbook::is_rollback(phase) ? Direction::back : Direction::forward;
}

Direction direction_of(const runbook::Phase& phase) {
  return direction_of(phase.kind);
}

runbook::PhaseKind window_of(Direction direction) {
  return direction == Direction::back ? runbook::PhaseKind::rollback_window : runbook::PhaseKind::window;
}

}  // namespace pgcleave::engine
