// Can this server log in to that one as a subscription would?
#pragma once

#include "postgres/replication.h"

namespace pgcleave::postgres {

// CREATE SUBSCRIPTION with connect = true, in a transaction that is rolled back: the server itself connects, with its
// own passfile, and says what pg_hba.conf, the password or TLS stand against. Makes no slot and leaves nothing behind.
// A publication that is missing is a warning only (PostgreSQL 15). Not on a standby.
Result<void> try_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline);

}  // namespace pgcleave::postgres
