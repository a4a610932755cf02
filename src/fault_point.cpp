// Beside main: nothing is injected into the program that people use (engine/approvals.h).
#include "engine/approvals.h"

namespace pgcleave::engine {

FaultPoint fault_point() {
  return nullptr;
}

}  // namespace pgcleave::engine
