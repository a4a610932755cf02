// One batch: a range of a leaf, changed in one transaction that also moves the job's cursor.
#pragma once

#include <string>

#include "data/change.h"
#include "data/job.h"
#include "data/throttle.h"

namespace pgcleave::data {

struct Batch {
  Leaf leaf;
  std::string range;
  std::string row_name;  // an expression that names a row
  Position to;           // where the job stands afterwards; without the rows that this batch changes
};

enum class BatchOutcome {
  done,
  held,     // a person has put the job on hold; nothing was changed
  cut_off,  // a lock was not to be had, or it took too long: less may succeed
  bad_row,  // PostgreSQL refused a row's new values: less tells which
};

struct BatchEnd {
  BatchOutcome outcome = BatchOutcome::done;
  std::int64_t changed = 0;
  std::int64_t missed = 0;         // rows that others changed meanwhile, and that may still match
  Error why = {};                  // of cut_off and bad_row
  std::optional<Duration> target;  // that a person has asked for
};

struct BatchLimits {
  Duration lock_timeout;
  Duration longest;  // of the change itself
};

// `brake`: cuts it off where others wait for its locks; null: nothing does, as less than one row is not to be had.
// Nothing is half done, whatever comes back. An error: no other batch would fare better (the fence refuses, the lease
// is lost, a row matches `where` even when it was changed), or is_lost().
Result<BatchEnd> run_batch(postgres::Connection& primary, const Lease& lease, Change& change, const Batch& batch,
                           const BatchLimits& limits, Brake* brake);

// Leaves out the row of a range of size 1, for `why`. `failed` with `why` when there is no row. The same outcomes.
Result<BatchEnd> skip_batch(postgres::Connection& primary, const Lease& lease, const Batch& batch, const Error& why,
                            const BatchLimits& limits);

// The session, the server or its role as a primary is gone: a new session may go on.
bool is_lost(const Error& error, const postgres::Connection& connection);

// "row id 17 of ci.builds"; no value: the range holds none.
Result<std::optional<std::string>> name_of_row(postgres::Connection& primary, const Batch& batch, Deadline deadline);

}  // namespace pgcleave::data
