#include "checks/step_kinds.h"

#include "steps/registry.h"

namespace pgcleave::checks {

void offer_step_kinds() {
  steps::add_kinds({check_readiness(), check_settings(), check_topology(), check_truncation()});
}

}  // namespace pgcleave::checks
