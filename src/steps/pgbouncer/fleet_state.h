// What the pgbouncer steps share: how the fleet is looked at and let go.
#pragma once

#include "steps/step.h"

namespace pgcleave::steps {

// Done when every bouncer is paused. A bouncer that can't be asked is an error that names it, here and below.
Result<Observation> observe_paused(Context& context);

// Done when no bouncer keeps clients waiting, and each process has its file's route.
Result<Observation> observe_resumed(Context& context);

// Done when every bouncer's file and process have this side's route; a paused process takes its file's when it is
// resumed, if that will do. `before` holds the route that they have now.
enum class Routed { now, once_resumed };
Result<Observation> observe_route(Context& context, SideName side, Routed routed);

// RESUME on all, as an effect: at the route that each process has, or takes from its file.
enum class At { process, file };
Result<void> resume_fleet(Context& context, At at);

}  // namespace pgcleave::steps
