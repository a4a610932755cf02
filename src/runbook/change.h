// What is about to be done, and by what.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "config/environment.h"
#include "config/split.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

struct Change {
  Runbook runbook;
  Json params;  // resolved
  config::Environment environment;
  config::Split split;
  std::string journal;        // path of the one that the run will be recorded in
  std::string binary_sha256;  // of the program
  std::int64_t now_us = 0;
};

// The budget of a window in milliseconds; 0 when the runbook has no such window.
double budget_ms(const Change& change, runbook::PhaseKind window);

}  // namespace pgcleave::runbook
