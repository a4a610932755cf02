#include "compare/queue.h"

#include <algorithm>

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::compare {

Queue::Queue(const Request& request, std::vector<ComparedTable> tables) : request_(request) {
  for (auto& compared : tables) {
    TableResult result;
    result.name = compared.name;
    result.not_compared = compared.why_not;
    result.shape = compared.notes;
    const bool none = !compared.why_not.empty();
    auto walk = compared.sorted_alike ? data::walk_by_key(compared.leaf, compared.key) : nullptr;
    tables_.push_back({std::move(compared), std::move(walk),
                       data::Pace(request.block, request.first_rows, request.most_rows), std::nullopt, none,
                       std::move(result)});
  }
}

Result<std::optional<Taken>> Queue::take(Pair& pair) {
  const std::lock_guard lock(mutex_);
  if (error_ || time_is_over()) return std::optional<Taken>{};
  while (current_ < tables_.size() && tables_[current_].all_taken) ++current_;
  if (current_ == tables_.size()) return std::optional<Taken>{};
  auto& table = tables_[current_];
  if (!table.walk) {
    table.all_taken = true;
    return std::optional<Taken>{{current_, &table.compared, nullptr, {}, 0}};
  }
  TRY_ASSIGN(const auto range, table.walk->next(pair.original(), table.cursor, table.pace.size(),
                                                Deadline::in(request_.patience.with_request)));
  Taken taken{current_, &table.compared, table.walk.get(), {table.cursor, std::nullopt}, 0};
  if (range) {
    taken.block.to = range->end;
    taken.size = range->size;
  }
  // What lies behind the last key: rows that came meanwhile, and those that only the copy has.
  table.all_taken = !range;
  table.cursor = taken.block.to;
  return std::optional<Taken>{std::move(taken)};
}

bool Queue::time_is_over() const {
  return request_.longest.count() > 0 && Monotonic::now() - began_ >= request_.longest;
}

void Queue::done(const Taken& taken, const Found& found, Duration took) {
  const std::lock_guard lock(mutex_);
  auto& table = tables_[taken.number];
  if (taken.size > 0 && !found.read_again) table.pace.took(taken.size, took);
  auto& result = table.result;
  ++result.blocks;
  result.rows += found.rows;
  if (found.read_again) ++result.read_again;
  result.more = result.more || found.more;
  result.differences.insert(result.differences.end(), found.differences.begin(), found.differences.end());
  result.undecided.insert(result.undecided.end(), found.undecided.begin(), found.undecided.end());
  if (result.differences.size() > request_.most_named) {
    result.differences.resize(request_.most_named);
    result.more = true;
    table.all_taken = true;
  }
  tell(table, taken.number);
}

void Queue::tell(const Table& table, std::size_t number) {
  if (!request_.tell) return;
  Progress progress;
  progress.table = table.compared.name.sql();
  progress.table_number = number + 1;
  progress.tables = tables_.size();
  progress.time = std::chrono::duration_cast<Duration>(Monotonic::now() - began_);
  for (const auto& one : tables_) {
    progress.blocks += one.result.blocks;
    progress.rows += one.result.rows;
    progress.all_rows += std::max(one.all_taken ? 0 : one.compared.leaf.rows, one.result.rows);
    progress.different += static_cast<std::int64_t>(one.result.differences.size());
  }
  request_.tell(progress);
}

void Queue::give_up(const Error& why) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = why;
}

Result<Pair> Queue::open_pair() {
  const std::lock_guard lock(opening_);
  return Pair::open(request_.original, request_.copy, Deadline::in(request_.patience.to_connect));
}

Result<std::vector<TableResult>> Queue::results() {
  const std::lock_guard lock(mutex_);
  if (error_) return fail(*error_);
  std::vector<TableResult> all;
  for (auto& table : tables_) {
    auto& result = table.result;
    if (!table.all_taken && result.not_compared.empty()) {
      result.not_compared = fmt::format("the time of {} was over", to_text(request_.longest));
      if (table.cursor) result.not_compared += ": only up to " + key_in_words(table.compared.key, *table.cursor);
    }
    std::sort(result.differences.begin(), result.differences.end(),
              [](const auto& one, const auto& other) { return one.key < other.key; });
    // Rows that moved between blocks meanwhile may be found twice.
    const auto same = [](const auto& one, const auto& other) { return one.has_key && one.key == other.key; };
    auto& all_of_it = result.differences;
    all_of_it.erase(std::unique(all_of_it.begin(), all_of_it.end(), same), all_of_it.end());
    all.push_back(std::move(result));
  }
  return all;
}

}  // namespace pgcleave::compare
