// How a queue is throttled, and what is kept of it for another process.
#include <algorithm>

#include "compare/queue.h"
#include "compare/under_way.h"

namespace pgcleave::compare {
namespace {

constexpr int some_blocks = 4;
constexpr auto between_some_blocks = std::chrono::milliseconds(250);
constexpr std::int64_t blocks_to_judge_by = 16;

}  // namespace

void Queue::aim_at(Duration target) {
  const std::lock_guard lock(mutex_);
  target_ = std::max<Duration>(target, std::chrono::milliseconds(1));
  for (auto& table : tables_) {
    if (table.pace.target() != table.aim(target_)) table.pace.aim_at(table.aim(target_));
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

// A block of an earlier comparison, which need not be read if nobody has written it since. Where most were written,
// asking costs more than it saves: then what is left is walked.
bool Queue::Table::take_before(Taken& taken) {
  if (before == nullptr || next_before == before->blocks.size()) return false;
  const auto asked = static_cast<std::int64_t>(next_before);
  if (walk && asked >= blocks_to_judge_by && result.unchanged * 2 < asked) {
    before = nullptr;
    return false;
  }
  const auto& block = before->blocks[next_before++];
  taken.block = block.block;
  taken.before = before;
  taken.rows_before = block.rows;
  return true;
}

bool Queue::Table::read_on(const Taken& taken, const Found& found) {
  if (found.walk_on) {
    cursor = taken.block.after;
    all_taken = false;
    return true;
  }
  again.insert(again.end(), found.pieces.begin(), found.pieces.end());
  if (found.pieces.empty()) seen.push_back({taken.block, found.alike ? found.rows : -1});
  return !found.pieces.empty();
}

std::vector<BlockBefore> Queue::Table::chain() const {
  const bool same = is_done() && !left && result.equal() && result.undecided.empty();
  return same ? chain_of(seen) : std::vector<BlockBefore>();
}

std::vector<SeenTable> Queue::seen() {
  const std::lock_guard lock(mutex_);
  std::vector<SeenTable> all;
  if (error_) return all;
  for (const auto& table : tables_) {
    if (auto blocks = table.chain(); !blocks.empty()) all.push_back({table.compared.name, std::move(blocks)});
  }
  return all;
}

}  // namespace pgcleave::compare
