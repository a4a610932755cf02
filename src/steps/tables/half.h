// Which stale half (world/stale_half.h) a step is about, as its parameters say.
#pragma once

#include <vector>

#include "steps/parameters.h"
#include "steps/step.h"
#include "world/stale_half.h"

namespace pgcleave::steps {

inline std::vector<runbook::Parameter> stale_half_parameters() {
  return {side_parameter("on", "the side that the tables are on"),
          {"which",
           runbook::Type::text,
           nullptr,
           true,
           "which tables: on the source those that moved away, on the target those that were kept there",
           {"moved", "kept"}}};
}

inline world::Half half_of(Context& context) {
  return {context.world, context.on(), context.text("which")};
}

}  // namespace pgcleave::steps
