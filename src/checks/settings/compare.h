// Where the two sides' settings differ so that clients would notice, or the sides would damage each other. Asks nobody.
#pragma once

#include "checks/finding.h"
#include "checks/server_seen.h"

namespace pgcleave::checks {

Findings judge_differences(const ServerSeen& source, const ServerSeen& target, Stage stage);

}  // namespace pgcleave::checks
