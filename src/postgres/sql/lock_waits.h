// A short lock timeout, tried again and again: neither clients nor PostgreSQL's own work wait long for us. And who was
// in the way.
#pragma once

#include <string>
#include <vector>

#include "postgres/locks.h"

namespace pgcleave::postgres {

// The lock was not to be had now, so another try may succeed: lock_timeout or a deadlock.
bool is_for_want_of_a_lock(const Error& error);

// How long to rest after the round that failed, counted from 0. With jitter, so that two programs that met once don't
// meet again.
Duration backoff(int round);

// For lock_timeout: what is left of the deadline bounds it.
std::string lock_timeout_sql(Duration lock_timeout, Deadline deadline);

// `what` completes the sentence "gave up waiting until ...".
Error in_the_way_error(const std::vector<Blocker>& blockers, const std::string& object, const std::string& what,
                       bool interrupted);

}  // namespace pgcleave::postgres
