// What a job is to do: which rows of which table, how it walks, and how gently.
#pragma once

#include <memory>
#include <optional>
#include <string>

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

}  // namespace pgcleave::data
