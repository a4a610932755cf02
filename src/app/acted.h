// What came of a run on which this process acted: begun, resumed, rolled back or settled.
#pragma once

#include <string>

#include "engine/record.h"
#include "engine/run_result.h"

namespace pgcleave::app {

struct Acted {
  std::string run;
  engine::RunResult ending;
  bool clients_may_wait = false;  // a window is open, or was not undone
};

// Is a window of it open, or not undone?
bool leaves_clients_waiting(const engine::RunRecord& record);

// On standard error: what happened, what is true now, and the command to type next.
void log_ending(const Acted& acted);

}  // namespace pgcleave::app
