// How a run speaks with the person at the terminal: lines on standard error, questions only when somebody can answer,
// and its ending.
#pragma once

#include <string>

#include "app/acted.h"
#include "cli/verb.h"
#include "config/environment.h"
#include "engine/run_result.h"

namespace pgcleave::cli {

// `again`: what a command about the run needs besides its id.
engine::RunOutput talk(const std::string& again);

// Whoever acts on production says its name (or --yes), so that the wrong terminal does not split the wrong database.
bool confirmed(const config::Environment& environment, const Arguments& arguments);

// Prints an ending, also as JSON on standard output; its exit code.
ExitCode tell(const app::Acted& acted, bool json);

}  // namespace pgcleave::cli
