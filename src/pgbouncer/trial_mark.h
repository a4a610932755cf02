// A trial replaces a bouncer's config file for a moment by a text with this line. The file itself keeps a second name (config_place.h).
#pragma once

#include "pgbouncer/config_place.h"

namespace pgcleave::pgbouncer {

inline constexpr const char* trial_mark =
    "; pgcleave tries whether this file is read; the file without this line and the next one lies beside it";

// Puts the very file back if a trial stands in its place, also that of a process that died. True: a RELOAD is due.
Result<bool> put_kept_file_back(ConfigPlace& place, Deadline deadline);

}  // namespace pgcleave::pgbouncer
