// A runbook by its file, or a shipped one by its name: "logical-switchover".
#pragma once

#include <string>

#include "base/result.h"

namespace pgcleave::app {

// The path of the file that is meant. A file of that name comes first. `invalid` with the shipped names when there is
// neither. Shipped runbooks lie in `runbooks` beside the program or in the folder above (a source tree), in
// `../share/pgcleave/runbooks` (an installed program), or where they were when the program was built.
Result<std::string> runbook_path(const std::string& word);

}  // namespace pgcleave::app
