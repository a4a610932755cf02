// What a job is to do: which rows of which table, how it walks, and how gently.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/units.h"
#include "data/change.h"
#include "data/job.h"
#include "data/throttle.h"
#include "data/walk.h"

namespace pgcleave::data {

enum class WalkBy { key, heap };
enum class OnBadRow { stop, skip };

struct Task {
  std::string id;  // run and step
  postgres::TableName table;
  std::shared_ptr<Change> change;
  WalkBy by = WalkBy::key;
  OnBadRow on_bad_row = OnBadRow::stop;
  std::int64_t most_skipped = 100;
  Duration target = std::chrono::milliseconds(200);
  Duration lock_timeout = std::chrono::milliseconds(100);
  Limits limits = {};
  std::string between;  // a statement outside of any batch, run now and then and at the end; empty: none
  [[nodiscard]] std::string text() const;  // what it does, as SQL and in words
  [[nodiscard]] JobDefinition definition(std::uint32_t oid) const;
};

// The walk of a leaf as the task says. `invalid` when there is no key to walk by, or when the task changes it.
Result<std::unique_ptr<Walk>> open_walk(const Task& task, const Table& table, const Leaf& leaf,
                                        const std::optional<Key>& key);

// What a job will take: some batches are tried and rolled back. Nothing of it is seen by others but locks, for as long
// as one batch holds them.

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
