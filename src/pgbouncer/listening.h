// Does anybody listen where a bouncer's console was?
#pragma once

#include <string>

#include "base/deadline.h"

namespace pgcleave::pgbouncer {

// A host that is a folder is that of a Unix socket. False when nobody answers within the deadline, the name is unknown,
// or nobody listens; nothing is sent.
bool somebody_listens(const std::string& host, const std::string& port, Deadline deadline);

}  // namespace pgcleave::pgbouncer
