// PgBouncer's admin console: what it answers, and when.
#pragma once

#include <functional>
#include <optional>

#include "model/universe.h"
#include "postgres/connection.h"

namespace pgcleave::simulation {

void client_came(Bouncer& bouncer, const std::string& application);
void client_left(Bouncer& bouncer, const std::string& application);

// No value: not yet. Who asks is `name`; `close` closes the connection.
std::optional<Result<postgres::Rows>> console_answer(Bouncer& bouncer, const std::string& name,
                                                     const std::string& command, const std::function<void()>& close);

}  // namespace pgcleave::simulation
