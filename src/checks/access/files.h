// Files that an environment names, on the host of pgcleave: may they be used as they are? Asks no server. What is wrong
// here would come out as a refused login or a failed write in many places.
#pragma once

#include <string>

#include "checks/finding.h"
#include "config/environment.h"

namespace pgcleave::checks {

// One blocker for each file or folder, with the command that fixes it. `journal`: where the journal is, or will be.
Findings access_files(const config::Environment& environment, const std::string& journal);
// Is one among them that makes libpq leave out a password or a key, so that logins would be refused?
bool keep_from_logging_in(const Findings& files);

}  // namespace pgcleave::checks
