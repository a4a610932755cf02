// A trial replaces a bouncer's config file for a moment by a text with this line (config_files.h).
#pragma once

namespace pgcleave::pgbouncer {

inline constexpr const char* trial_mark =
    "; pgcleave tries whether this file is read; the file without this line and the next one lies beside it";

}  // namespace pgcleave::pgbouncer
