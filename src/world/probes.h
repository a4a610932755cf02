// How a client of each bouncer whose pool has a `probe` connects: what is written through it proves where clients land,
// and when.
#pragma once

#include <vector>

#include "config/environment.h"
#include "postgres/connection.h"

namespace pgcleave::world {

// Named after the bouncers. Never with a cancel request, which undoes a global PAUSE (PgBouncer 1.18).
std::vector<postgres::Settings> probes(const config::Environment& environment);
// Each once, by name.
std::vector<std::string> probe_users(const config::Environment& environment);

}  // namespace pgcleave::world
