// What the pgbouncer steps share: how the fleet is looked at and let go.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

// Done when every bouncer is (or none is) paused. A bouncer that can't be asked is an error that names it.
Result<Observation> observe_paused(Context& context, bool wanted);

// Done when every bouncer's file and process have this side's route. `before` holds the route that they have now.
Result<Observation> observe_route(Context& context, const std::string& side);

// RESUME on all, as an effect.
Result<void> resume_fleet(Context& context);

}  // namespace pgcleave::steps
