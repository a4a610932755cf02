// What a job will take: some batches are tried and rolled back. Nothing of it is seen by others but locks, for as long
// as one batch holds them.
#pragma once

#include "base/units.h"
#include "data/task.h"

namespace pgcleave::data {

struct Trial {
  std::string sql;                // of the first batch
  std::vector<std::string> plan;  // PostgreSQL's, of it
  std::int64_t batches = 0;
  std::int64_t rows = 0;    // that these changed
  std::int64_t walked = 0;  // units
  std::int64_t all = 0;     // units of the table, about
  Duration took{};
  Bytes wal;                         // that these wrote
  std::vector<std::string> burdens;  // what makes it heavier than it has to be (burden.h)

  // Of one pass without any throttling; the passes that look for what is left are cheap beside it. Zero: not known.
  [[nodiscard]] Duration whole() const;
  [[nodiscard]] std::vector<std::string> lines() const;  // for people
};

// At most three batches, each in a transaction of its own: from the beginning, the middle and near the end of the
// heap, or the first three of a key. `invalid` when the task is wrong, also for a `where` that never becomes false. A
// lock that is not to be had at once, or a row that PostgreSQL refuses, is an error as the server gave it.
Result<Trial> try_batches(postgres::Connection& primary, const Task& task, Deadline deadline);

// Would the job itself fare no better? False for what passes, and for one row's values.
bool speaks_against(const Error& error);

}  // namespace pgcleave::data
