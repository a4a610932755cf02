#include "compare/queue.h"

#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "compare/outline.h"

namespace pgcleave::compare {
namespace {

// The rows of a scattered table's block lie on about all of its pages. Where those fit into memory many rows cost
// little more than few, as then the server reads page after page.
constexpr std::int64_t pages_in_memory = 131'072;  // 1 GiB
constexpr std::int64_t rows_for_a_page = 50;
constexpr std::int64_t most_rows_at_first = 2'000'000;
constexpr int longer = 4;

bool reads_all_pages(const ComparedTable& table) {
  return table.scattered && table.leaf.blocks <= pages_in_memory;
}

Duration target_of(const ComparedTable& table, Duration target) {
  return reads_all_pages(table) ? longer * target : target;
}

data::Pace pace_of(const ComparedTable& table, const Request& request) {
  const auto target = target_of(table, request.block);
  if (!reads_all_pages(table)) return {target, request.first_rows, request.most_rows};
  const auto first = std::max(request.first_rows, std::min(table.leaf.blocks * rows_for_a_page, most_rows_at_first));
  return {target, first, std::max(request.most_rows, 2 * first)};
}

}  // namespace

Queue::Queue(const Request& request, std::vector<ComparedTable> tables, const std::vector<KeptTable>& kept,
             const TablesBefore& before)
    : request_(request), target_(request.block) {
  for (auto& compared : tables) {
    TableResult result;
    result.name = compared.name;
    result.not_compared = compared.why_not;
    result.shape = compared.notes;
    const bool none = !compared.why_not.empty();
    auto walk = compared.sorted_alike ? data::walk_by_key(compared.leaf, compared.key) : nullptr;
    auto outline = walk ? walk_by_outline(compared.leaf, compared.key) : nullptr;
    const auto pace = pace_of(compared, request);
    Table table{.compared = std::move(compared),
                .walk = std::move(walk),
                .outline = std::move(outline),
                .pace = pace,
                .cursor = std::nullopt,
                .all_taken = none,
                .result = std::move(result)};
    const auto found = std::find_if(kept.begin(), kept.end(),
                                    [&](const auto& one) { return !none && one.name == table.compared.name; });
    if (found != kept.end() && found->state.shape == shape_text(table.compared)) {
      table.restore(*found);
      if (found->state.size > 0) table.pace = data::Pace(pace.target(), found->state.size, pace.largest());
    }
    if (const auto earlier = before.find(table.compared.name); earlier != before.end()) {
      table.before = &earlier->second;
      table.result.since = earlier->second.by;
    }
    rows_before_ += table.result.rows;
    tables_.push_back(std::move(table));
  }
}

Result<std::optional<Taken>> Queue::take(Pair& pair) {
  const std::lock_guard lock(mutex_);
  if (error_ || time_is_over()) return std::optional<Taken>{};
  while (current_ < tables_.size() && tables_[current_].nothing_left()) ++current_;
  if (current_ == tables_.size()) return take_rows();
  return take_block(pair, tables_[current_]);
}

Result<std::optional<Taken>> Queue::take_block(Pair& pair, Table& table) {
  Taken taken{current_, &table.compared, table.walk.get(), {}, 0};
  if (!table.again.empty()) {
    taken.block = table.again.front();
    table.again.erase(table.again.begin());
  } else if (table.take_before(taken)) {
    table.cursor = taken.block.to;
    table.all_taken = !taken.block.to;
  } else if (!table.walk) {
    table.all_taken = true;
  } else {
    TRY_ASSIGN(const auto range, table.outline->next(pair.original(), table.cursor, table.pace.size(),
                                                     Deadline::in(request_.patience.with_request)));
    taken.block = {table.cursor, range ? range->end : std::nullopt};
    taken.size = range ? range->size : 0;
    // What lies behind the last key: rows that came meanwhile, and those that only the copy has.
    table.all_taken = !range;
    table.cursor = taken.block.to;
  }
  table.open.push_back(taken.block);
  return std::optional<Taken>{std::move(taken)};
}

std::optional<Taken> Queue::take_rows() {
  for (std::size_t number = 0; number < tables_.size(); ++number) {
    auto& table = tables_[number];
    if (table.recheck.empty()) continue;
    Taken taken{number, &table.compared, table.walk.get(), {}, 0, std::move(table.recheck)};
    table.recheck.clear();
    table.rechecking = true;
    return taken;
  }
  return std::nullopt;
}

Duration Queue::Table::aim(Duration target) const {
  return target_of(compared, target);
}

bool Queue::time_is_over() const {
  return request_.longest.count() > 0 && Monotonic::now() - began_ >= request_.longest;
}

bool Queue::is_over() {
  const std::lock_guard lock(mutex_);
  return error_ || time_is_over();
}

void Queue::done(const Taken& taken, const Found& found, Duration took) {
  const std::lock_guard lock(mutex_);
  auto& table = tables_[taken.number];
  if (taken.size > 0 && !found.read_again) table.pace.took(taken.size, took);
  auto& result = table.result;
  if (!taken.keys.empty()) {
    table.rechecking = false;
  } else {
    if (table.read_on(taken, found)) current_ = std::min(current_, taken.number);
    const auto is_it = [&](const auto& one) { return one.after == taken.block.after && one.to == taken.block.to; };
    const auto place = std::find_if(table.open.begin(), table.open.end(), is_it);
    if (place != table.open.end()) table.open.erase(place);
    if (!found.walk_on && found.pieces.empty()) ++result.blocks;
    ++not_kept_;
    if (found.read_again) ++result.read_again;
    if (found.unchanged) ++result.unchanged;
  }
  result.rows += found.rows;
  table.add(found, request_.most_named);
  ++table.version;
  last_ = taken.number;
  tell();
}

void Queue::Table::add(const Found& found, std::size_t most_named) {
  result.more = result.more || found.more;
  result.differences.insert(result.differences.end(), found.differences.begin(), found.differences.end());
  result.undecided.insert(result.undecided.end(), found.undecided.begin(), found.undecided.end());
  if (compared.key.columns.empty()) keeps_nothing = keeps_nothing || !found.keys.empty();
  if (!walk && found.more) keeps_nothing = true;
  if (!keeps_nothing) new_keys.insert(new_keys.end(), found.keys.begin(), found.keys.end());
  if (result.differences.size() <= most_named) return;
  result.differences.resize(most_named);
  result.more = true;
  left = true;
}

void Queue::tell_progress() {
  const std::lock_guard lock(mutex_);
  tell();
}

void Queue::tell() {
  if (request_.tell && !tables_.empty()) request_.tell(progress());
}

Progress Queue::progress() const {
  Progress progress;
  if (!tables_.empty()) progress.table = tables_[last_].compared.name.sql();
  progress.table_number = last_ + 1;
  progress.tables = tables_.size();
  progress.time = std::chrono::duration_cast<Duration>(Monotonic::now() - began_);
  progress.rows_before = rows_before_;
  progress.slowed = slowed_;
  for (const auto& one : tables_) {
    if (one.is_done()) ++progress.tables_done;
    progress.blocks += one.result.blocks;
    progress.rows += one.result.rows;
    progress.all_rows += std::max(one.nothing_left() ? 0 : one.compared.leaf.rows, one.result.rows);
    progress.different += static_cast<std::int64_t>(one.result.differences.size());
  }
  return progress;
}

void Queue::give_up(const Error& why) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = why;
}

std::string Queue::why_not_done() {
  const std::lock_guard lock(mutex_);
  if (error_) return error_->text();
  const bool done = std::all_of(tables_.begin(), tables_.end(), [](const auto& table) { return table.is_done(); });
  return done ? "" : fmt::format("the time of {} was over", to_text(request_.longest));
}

Result<std::vector<TableResult>> Queue::results() {
  const std::lock_guard lock(mutex_);
  if (error_) return fail(*error_);
  std::vector<TableResult> all;
  for (auto& table : tables_) all.push_back(result_of(table));
  return all;
}

TableResult Queue::result_of(Table& table) const {
  auto result = std::move(table.result);
  if (!table.nothing_left() && result.not_compared.empty()) {
    result.not_compared = fmt::format("the time of {} was over", to_text(request_.longest));
    if (table.cursor) result.not_compared += ": only up to " + key_in_words(table.compared.key, *table.cursor);
  }
  // They differed in an earlier process, and there was no time to see whether they still do.
  for (const auto& key : table.recheck) result.undecided.push_back(key_in_words(table.compared.key, key));
  std::sort(result.differences.begin(), result.differences.end(),
            [](const auto& one, const auto& other) { return one.key < other.key; });
  // Rows that moved between blocks meanwhile may be found twice.
  const auto same = [](const auto& one, const auto& other) { return one.has_key && one.key == other.key; };
  auto& all_of_it = result.differences;
  all_of_it.erase(std::unique(all_of_it.begin(), all_of_it.end(), same), all_of_it.end());
  return result;
}

}  // namespace pgcleave::compare
