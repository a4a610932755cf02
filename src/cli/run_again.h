// What the verbs resume and rollback share: an earlier run is acted on, and its ending is printed.
#pragma once

#include "cli/verb.h"

namespace pgcleave::cli {

// `back`: it is rolled back; else it is resumed in the direction that it had.
ExitCode run_again(const Arguments& arguments, bool back);

}  // namespace pgcleave::cli
