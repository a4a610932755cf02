// What is about to be done, and by what.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "runbook/environment.h"
#include "runbook/runbook.h"
#include "runbook/split.h"

namespace pgcleave::runbook {

struct Change {
  Runbook runbook;
  Json params;  // resolved
  Environment environment;
  Split split;
  std::string journal;        // path of the one that the run will be recorded in
  std::string binary_sha256;  // of the program
  std::int64_t now_us = 0;
};

}  // namespace pgcleave::runbook
