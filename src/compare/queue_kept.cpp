// How a queue is throttled, and what is kept of it for another process.
#include <algorithm>

#include "compare/queue.h"
#include "compare/under_way.h"

namespace pgcleave::compare {
namespace {

constexpr int some_blocks = 4;
constexpr auto between_some_blocks = std::chrono::milliseconds(250);

}  // namespace

void Queue::aim_at(Duration target) {
  const std::lock_guard lock(mutex_);
  target_ = std::max<Duration>(target, std::chrono::milliseconds(1));
  for (auto& table : tables_) {
    if (table.pace.target() != target_) table.pace.aim_at(target_);
  }
}

Duration Queue::target() {
  const std::lock_guard lock(mutex_);
  return target_;
}

void Queue::halve() {
  const std::lock_guard lock(mutex_);
  for (auto& table : tables_) table.pace.halve();
}

std::vector<std::uint32_t> Queue::relations() {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> oids;
  for (std::size_t number = 0; number < tables_.size(); ++number) {
    const auto& table = tables_[number];
    if (number == current_ || !table.open.empty()) oids.push_back(table.compared.leaf.oid);
  }
  return oids;
}

void Queue::slowed_by(const std::string& why) {
  const std::lock_guard lock(mutex_);
  slowed_ = why;
}

bool Queue::has_changed() {
  const std::lock_guard lock(mutex_);
  return slowed_ != slowed_kept_ || Monotonic::now() - kept_at_ >= sign_of_life ||
         std::any_of(tables_.begin(), tables_.end(), [](const auto& table) { return table.version != table.kept; });
}

QueueChange Queue::change() {
  const std::lock_guard lock(mutex_);
  QueueChange all;
  all.change.at = progress();
  for (std::size_t number = 0; number < tables_.size(); ++number) {
    const auto& table = tables_[number];
    if (table.version == table.kept) continue;
    all.change.tables.push_back({table.compared.name, table.state(), table.new_keys});
    all.numbers.push_back(number);
    all.versions.push_back(table.version);
  }
  return all;
}

void Queue::was_kept(const QueueChange& kept) {
  const std::lock_guard lock(mutex_);
  slowed_kept_ = kept.change.at.slowed;
  not_kept_ = 0;
  kept_at_ = Monotonic::now();
  for (std::size_t i = 0; i < kept.numbers.size(); ++i) {
    auto& table = tables_[kept.numbers[i]];
    table.kept = kept.versions[i];
    const auto count = static_cast<std::ptrdiff_t>(kept.change.tables[i].keys.size());
    table.new_keys.erase(table.new_keys.begin(), table.new_keys.begin() + count);
  }
}

bool Queue::should_be_kept() {
  const std::lock_guard lock(mutex_);
  return not_kept_ >= most_blocks_not_kept ||
         (not_kept_ >= some_blocks && Monotonic::now() - kept_at_ >= between_some_blocks);
}

// A table that is read as a whole is done or not. Where rows have no key nothing could tell them again.
TableState Queue::Table::state() const {
  TableState now;
  now.shape = shape_text(compared);
  now.size = pace.size();
  if (!walk && (keeps_nothing || !all_taken || !open.empty())) return now;
  now.cursor = cursor;
  now.all_taken = all_taken;
  now.open = open;
  now.open.insert(now.open.end(), again.begin(), again.end());
  now.rows = result.rows;
  now.blocks = result.blocks;
  now.read_again = result.read_again;
  return now;
}

void Queue::Table::restore(const KeptTable& kept_table) {
  const auto& state = kept_table.state;
  cursor = state.cursor;
  all_taken = state.all_taken;
  again = state.open;
  recheck = kept_table.keys;
  result.rows = state.rows;
  result.blocks = state.blocks;
  result.read_again = state.read_again;
}

}  // namespace pgcleave::compare
