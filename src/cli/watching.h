// How a run's windows are watched from the clients' side.
#pragma once

#include "engine/watch.h"
#include "steps/world.h"

namespace pgcleave::cli {

engine::Watch watch_windows(const steps::World& world);

}  // namespace pgcleave::cli
