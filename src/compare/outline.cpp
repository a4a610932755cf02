#include "compare/outline.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/format.h"

namespace pgcleave::compare {
namespace {

// A fiftieth of the pages: about a fiftieth of what walking them would cost.
constexpr double percent = 2;
constexpr std::int64_t most_pages = 5000;   // 40 MB of pages of 8 KiB
constexpr std::int64_t least_pages = 1000;  // of a table that is worth it
constexpr std::int64_t most_ends = 20'000;  // that are held
constexpr std::int64_t rows_between = 5000;
constexpr int most_samples = 3;

class OutlineWalk : public data::Walk {
 public:
  OutlineWalk(const data::Leaf& leaf, const data::Key& key)
      : leaf_(leaf),
        key_(key),
        exact_(data::walk_by_key(leaf, key)),
        percent_(std::min(percent, 100.0 * static_cast<double>(most_pages) / static_cast<double>(pages()))),
        samples_left_(leaf.blocks < least_pages ? 0 : most_samples) {}

  Result<std::optional<data::Range>> next(postgres::Connection& connection, const std::optional<std::string>& cursor,
                                          std::int64_t size, Deadline deadline) override {
    if (!is_at(cursor)) TRY(sample(connection, cursor, deadline));
    const auto left = ends_.size() - used_;
    if (left == 0 || size * 2 < between_) {
      forget();
      return exact_->next(connection, cursor, size, deadline);
    }
    const auto steps = std::clamp<std::size_t>(static_cast<std::size_t>((size + between_ - 1) / between_), 1, left);
    used_ += steps;
    data::Range range;
    range.size = static_cast<std::int64_t>(steps) * between_;
    range.end = ends_[used_ - 1];
    TRY_ASSIGN(range.predicate, data::key_range_sql(leaf_, key_, cursor, range.end));
    return std::optional<data::Range>{std::move(range)};
  }
  [[nodiscard]] std::int64_t all() const override { return exact_->all(); }
  [[nodiscard]] std::int64_t first_size() const override { return exact_->first_size(); }
  [[nodiscard]] std::int64_t largest_size() const override { return exact_->largest_size(); }

 private:
  [[nodiscard]] std::int64_t pages() const { return std::max<std::int64_t>(leaf_.blocks, 1); }

  // The ends that are held go on there.
  [[nodiscard]] bool is_at(const std::optional<std::string>& cursor) const {
    return used_ > 0 && cursor == ends_[used_ - 1];
  }

  void forget() {
    forget_ends();
    samples_left_ = 0;
  }

  void forget_ends() {
    ends_.clear();
    used_ = 0;
  }

  Result<void> sample(postgres::Connection& connection, const std::optional<std::string>& cursor, Deadline deadline) {
    forget_ends();
    if (samples_left_ == 0) return {};
    --samples_left_;
    TRY_ASSIGN(const auto behind, data::key_range_sql(leaf_, key_, cursor, {}));
    const auto rows = static_cast<double>(std::max<std::int64_t>(leaf_.rows, pages()));
    const auto every = std::max({1.0, rows * percent_ / 100 / most_ends, rows_between * percent_ / 100});
    const auto nth = static_cast<std::int64_t>(every);
    TRY_ASSIGN(const auto keys, connection.query(sample_sql(behind, nth), {}, deadline));
    for (std::size_t row = 0; row < keys.size(); ++row) ends_.push_back(keys.text(row, "key"));
    between_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(nth) * 100 / percent_));
    return {};
  }

  [[nodiscard]] std::string sample_sql(const std::string& where, std::int64_t nth) const {
    return fmt::format(
        "SELECT key FROM (SELECT {} AS key, "
        "pg_catalog.row_number() OVER (ORDER BY {}) AS place FROM ONLY {} AS row TABLESAMPLE SYSTEM ({}) WHERE {}) "
        "AS sampled WHERE place % {} = 0 ORDER BY place",
        data::key_text_sql(key_), data::key_columns_sql(key_), leaf_.name.sql(), percent_, where, nth);
  }

  data::Leaf leaf_;
  data::Key key_;
  std::unique_ptr<data::Walk> exact_;
  double percent_;
  int samples_left_;
  std::vector<std::string> ends_;
  std::size_t used_ = 0;
  std::int64_t between_ = 1;  // rows, about
};

}  // namespace

std::unique_ptr<data::Walk> walk_by_outline(const data::Leaf& leaf, const data::Key& key) {
  return std::make_unique<OutlineWalk>(leaf, key);
}

}  // namespace pgcleave::compare
