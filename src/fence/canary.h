// Rows that prove something: a canary row that a path carries whole, and the probe's that clients of a bouncer are
// served. Their tables lie beside the owner (ownership.h).
#pragma once

#include <string>

#include "base/deadline.h"
#include "fence/ownership.h"
#include "postgres/catalog.h"

namespace pgcleave::fence {

// The canary table of rows that `writer` writes.
postgres::TableName canary_of(const std::string& split, Owner writer);

// What is written through a bouncer to see when its clients are served: refused where moved tables are refused.
postgres::TableName probe_of(const std::string& split);

// A canary row, or its arrival. `canary`: that of canary_of().
Result<void> write_canary(postgres::Connection& primary, const postgres::TableName& canary, const std::string& token,
                          Deadline deadline);
Result<bool> canary_arrived(postgres::Connection& connection, const postgres::TableName& canary,
                            const std::string& token, Deadline deadline);

}  // namespace pgcleave::fence
