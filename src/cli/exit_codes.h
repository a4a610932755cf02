// What each exit code means, for help, manual pages and whoever scripts around the program. One list.
#pragma once

#include <string>
#include <vector>

#include "engine/run_result.h"

namespace pgcleave::cli {

struct ExitMeaning {
  engine::ExitCode code;
  std::string brief;  // for a line of many
  std::string next;   // what to do
};

const std::vector<ExitMeaning>& exit_meanings();

// "Exit codes: 0 done, 2 ...", in lines of at most 100 columns.
std::string exit_codes_in_brief();

}  // namespace pgcleave::cli
