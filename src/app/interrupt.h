// The operator's wish to stop.
#pragma once

#include "base/deadline.h"

namespace pgcleave::app {

// Ctrl-C, SIGTERM and SIGHUP set this flag from the moment of the first call.
StopFlag& stop_flag();

}  // namespace pgcleave::app
