// A split as a tree of text: by schema what moves along, and what crosses the line.
#pragma once

#include "init/init.h"

namespace pgcleave::init {

// Lines without line ends. At most some of each kind are named, the rest counted.
std::vector<std::string> drawn(const Made& made);

// Other sets that could move, a line each, with the options that choose them.
std::vector<std::string> other_sets(const Made& made);

Json proposal_json(const Made& made);

}  // namespace pgcleave::init
