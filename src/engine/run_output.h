// How a run talks to people. All may be empty.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "world/world.h"

namespace pgcleave::engine {

struct RunOutput {
  std::function<void(const std::string&)> say;                                         // a step was done
  std::function<void(const std::string&)> warn;                                        // a miss, an undo
  std::function<void(const std::string&)> progress;                                    // how far a long step is
  std::function<std::optional<world::Approval>(const world::Question& question)> ask;  // empty: no terminal
  std::string again;  // what a command about this run needs besides its id, such as " -e lab.yml"
};

}  // namespace pgcleave::engine
