// Where pg_stat_statements lies: in the schema that CREATE EXTENSION was given.
#pragma once

#include <optional>
#include <string>

#include "base/deadline.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {

// The function behind the view, quoted: `public.pg_stat_statements`. None: the extension is not in this database. Where
// it is not in shared_preload_libraries, calling it is an error.
Result<std::optional<std::string>> statements_function(Connection& connection, Deadline deadline);

}  // namespace pgcleave::postgres
