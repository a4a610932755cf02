// How a run ended, for the person who asked for it.
#pragma once

#include <string>

#include "engine/exit_code.h"

namespace pgcleave::engine {

struct RunResult {
  ExitCode exit = ExitCode::done;
  std::string text;   // what happened, in a sentence
  std::string state;  // what is true now: who owns, do clients wait
  std::string next;   // the command to type next; may be empty
};

}  // namespace pgcleave::engine
