#include "world/known_change.h"

namespace pgcleave::world {

RehearsedPause KnownChange::pause_in(runbook::PhaseKind window) const {
  return pauses_ ? pauses_(window) : RehearsedPause{};
}

}  // namespace pgcleave::world
