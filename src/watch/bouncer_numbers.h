// One pool of one PgBouncer process in numbers.
#pragma once

#include "postgres/connection.h"
#include "watch/numbers.h"

namespace pgcleave::watch {

// Scope "pool app at bouncer-1". `console`: how its console is reached, named after the bouncer.
std::unique_ptr<Source> bouncer_numbers(const postgres::Settings& console, const std::string& database);

}  // namespace pgcleave::watch
