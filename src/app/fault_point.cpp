#include "engine/approvals.h"

namespace pgcleave::engine {

FaultPoint fault_point() {
  return nullptr;
}

}  // namespace pgcleave::engine
