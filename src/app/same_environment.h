// Does an environment file name what a run began with? Addresses and passwords may change while a run is open. Where it
// acts may not: what was done on one server would be undone on another.
#pragma once

#include <string>
#include <vector>

#include "config/environment.h"
#include "engine/record.h"

namespace pgcleave::app {

// The environment file that a command about a run goes by: `given`, or where that is "" the one that it began with.
std::string environment_file_of(const engine::RunRecord& run, const std::string& given);

// Compares names alone, and asks nobody: the environment's name and class, scopes, databases, and which bouncers there
// are, but for those of which the run knows that they are out of service. `invalid` with both. Steps compare the
// servers themselves (world/run_servers.h).
Result<void> same_environment(const engine::RunRecord& run, const config::Environment& environment);

// Bouncers that a person says are out of service: those that the run began with, which the environment file no longer
// names, and whose consoles nobody listens on any more. Else `invalid`.
Result<void> may_be_gone(const engine::RunRecord& run, const config::Environment& environment,
                         const std::vector<std::string>& names);

}  // namespace pgcleave::app
