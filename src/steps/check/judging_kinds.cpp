#include "steps/check/judging_kinds.h"

#include "steps/registry.h"

namespace pgcleave::steps {

void offer_step_kinds() {
  add_kinds({check_readiness(), check_settings(), check_topology(), check_truncation()});
}

}  // namespace pgcleave::steps
