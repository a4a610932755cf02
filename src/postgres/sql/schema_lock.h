// One session at a time makes or drops what all splits and jobs of a database share: the schema pgcleave.
//
// IF NOT EXISTS does not keep two sessions apart: the second one gets a unique violation from the catalog. An advisory
// lock inside the same transaction does not either (seen on PostgreSQL 15): waiting for it reads no invalidations, so a
// cached "is not there" stays until the next transaction.
#pragma once

#include <string>

#include "postgres/connection.h"

namespace pgcleave::postgres {

// Runs the statements as Connection::simple does, with the session's lock held. Blocks for another session until the
// deadline. A statement's error goes before one of giving the lock back.
Result<void> run_with_schema_lock(Connection& primary, const std::string& statements, Deadline deadline);

}  // namespace pgcleave::postgres
