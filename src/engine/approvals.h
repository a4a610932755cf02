// Where a gate's approval comes from: given beforehand for this run (staging only), by `pgcleave approve` through the
// journal, or typed at the terminal. Where words are asked for only these words approve, wherever they come from; where
// none are, none may be given.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/recorder.h"
#include "journal/journal.h"
#include "world/world.h"

namespace pgcleave::engine {

using Ask = std::function<std::optional<world::Approval>(const world::Question& question)>;

// `beforehand`: "step", or "step=words".
std::function<std::optional<world::Approval>(const world::Question&)> approvals(const journal::Journal& journal,
                                                                                const std::string& run,
                                                                                std::vector<std::string> beforehand,
                                                                                const std::string& by, Ask ask);

// Null in the program that people use; a test program that is linked with its own definition injects faults.
FaultPoint fault_point();

}  // namespace pgcleave::engine
