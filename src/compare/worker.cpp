#include "compare/worker.h"

#include <algorithm>
#include <optional>

namespace pgcleave::compare {
namespace {

constexpr std::int64_t few_rows = 400;  // that are settled one by one
constexpr std::int64_t most_rows_of_buckets = 100'000;
constexpr int deepest = 40;  // halvings
constexpr int most_tries = 6;
constexpr Duration first_nap = std::chrono::milliseconds(50);

// One of those who take blocks from the queue, with a pair of sessions of its own.
class Worker {
 public:
  Worker(const Request& request, Shared& shared) : request_(request), shared_(shared) {}

  Result<void> work() {
    while (true) {
      TRY(tried<void>([&]() { return shared_.gate.pass(*pair_); }));
      TRY_ASSIGN(const auto taken, tried<std::optional<Taken>>([&]() { return shared_.queue.take(*pair_); }));
      if (!taken) return {};
      const auto began = Monotonic::now();
      TRY_ASSIGN(const auto found, tried<Found>([&]() { return examine(*taken); }));
      shared_.queue.done(*taken, found, std::chrono::duration_cast<Duration>(Monotonic::now() - began));
      shared_.keep_now_and_then();
    }
  }

 private:
  // Again where it may succeed later: what was found until then is forgotten.
  template <class T, class Action>
  Result<T> tried(Action action) {
    auto nap = first_nap;
    for (int n = 1;; ++n) {
      if (request_.patience.stop != nullptr && request_.patience.stop->requested())
        return fail(gave_up("the tables are compared", true));
      Result<void> opened = open();
      Result<T> done = opened ? action() : Result<T>(fail(opened.error()));
      if (done || n >= most_tries || !(may_succeed_later(done.error()) || is_lost())) return done;
      pair_.reset();
      if (!sleep_until(Deadline::in(nap), nap, request_.patience.stop)) return fail(gave_up("a try succeeds", true));
      nap *= 2;
    }
  }

  [[nodiscard]] bool is_lost() { return !pair_ || !pair_->original().alive() || !pair_->copy().alive(); }

  Result<void> open() {
    if (!is_lost()) return {};
    TRY_ASSIGN(auto opened, Pair::open(request_.original, request_.copy, Deadline::in(request_.patience.to_connect)));
    pair_.emplace(std::move(opened));
    return {};
  }

  Result<Found> examine(const Taken& taken) {
    BlockReader reader(*pair_, *taken.table, shared_.seed);
    Found found;
    if (!taken.keys.empty()) {
      TRY(settle_keys(reader, taken.keys, found));
      return found;
    }
    if (taken.before != nullptr) {
      TRY_ASSIGN(const bool known, is_known(reader, taken, found));
      if (known) return found;
    }
    TRY_ASSIGN(auto digests, reader.digests(taken.block, deadline()));
    if (digests.original != digests.copy) {
      found.read_again = true;
      TRY(let_copy_catch_up(*pair_, request_.following, request_.patience));
      TRY_ASSIGN(digests, reader.digests(taken.block, deadline()));
    }
    found.rows = digests.original.rows;
    found.alike = digests.original == digests.copy;
    if (found.alike) return found;
    if (taken.walk == nullptr) {
      TRY(settle_buckets(reader, found));
    } else {
      TRY(narrow(reader, taken, taken.block, digests, 0, found));
    }
    return found;
  }

  // Nobody has written it since it was compared before; or it has grown so much that it is read in several pieces.
  Result<bool> is_known(BlockReader& reader, const Taken& taken, Found& found) {
    TRY_ASSIGN(const auto seen, reader.written(taken.block, taken.before->horizons, deadline()));
    found.unchanged = seen.original.rows == taken.rows_before && seen.copy.rows == taken.rows_before &&
                      seen.original.written == 0 && seen.copy.written == 0;
    found.alike = found.unchanged;
    found.rows = found.unchanged ? seen.original.rows : 0;
    if (found.unchanged) return true;
    const auto rows = std::max(seen.original.rows, seen.copy.rows);
    if (taken.walk == nullptr) return false;
    found.walk_on = !taken.block.to && rows > request_.first_rows;
    const auto piece = std::max(taken.rows_before, request_.first_rows);
    if (found.walk_on || !taken.block.to || rows <= 2 * piece) return found.walk_on;
    auto& fuller = seen.original.rows >= seen.copy.rows ? pair_->original() : pair_->copy();
    TRY_ASSIGN(found.pieces, cut(fuller, taken, rows, piece));
    return true;
  }

  Result<std::vector<Block>> cut(postgres::Connection& server, const Taken& taken, std::int64_t rows,
                                 std::int64_t piece) {
    std::vector<Block> pieces;
    auto after = taken.block.after;
    for (auto left = rows; left > piece; left -= piece) {
      TRY_ASSIGN(const auto next, taken.walk->next(server, after, piece, deadline()));
      if (!next || !next->end) break;
      pieces.push_back({after, next->end});
      after = next->end;
    }
    pieces.push_back({after, taken.block.to});
    return pieces;
  }

  Result<void> narrow(BlockReader& reader, const Taken& taken, const Block& block, const Both<Digest>& digests,
                      int depth, Found& found) {
    const auto most = std::max(digests.original.rows, digests.copy.rows);
    if (found.differences.size() > request_.most_named) return {};
    if (most <= few_rows || depth >= deepest) return settle_rows(reader, block, found);
    auto& fuller = digests.original.rows >= digests.copy.rows ? pair_->original() : pair_->copy();
    TRY_ASSIGN(const auto middle, taken.walk->next(fuller, block.after, most / 2, deadline()));
    if (!middle || middle->end == block.to) return settle_rows(reader, block, found);
    for (const auto& half : {Block{block.after, middle->end}, Block{middle->end, block.to}}) {
      TRY_ASSIGN(const auto seen, reader.digests(half, deadline()));
      if (seen.original != seen.copy) TRY(narrow(reader, taken, half, seen, depth + 1, found));
    }
    return {};
  }

  // All rows of a bucket are read, and of a few buckets at once. As many as fit: the others are left.
  Result<void> settle_buckets(BlockReader& reader, Found& found) {
    TRY_ASSIGN(const auto different, reader.differing_buckets(deadline()));
    std::vector<std::int64_t> buckets;
    std::int64_t rows = 0;
    for (const auto& [bucket, size] : different) {
      found.more = !buckets.empty() && rows + size > most_rows_of_buckets;
      if (found.more) break;
      buckets.push_back(bucket);
      rows += size;
    }
    if (buckets.empty()) return {};
    TRY_ASSIGN(const auto seen, reader.rows_in(buckets, deadline()));
    return settle_those(reader, seen, found);
  }

  Result<void> settle_rows(BlockReader& reader, const Block& block, Found& found) {
    TRY_ASSIGN(const auto rows, reader.rows(block, deadline()));
    return settle_those(reader, rows, found);
  }

  Result<void> settle_keys(BlockReader& reader, const std::vector<std::string>& keys, Found& found) {
    Both<Versions> rows;
    TRY_ASSIGN(rows.original, reader.rows_of(pair_->original(), keys, deadline()));
    TRY_ASSIGN(rows.copy, reader.rows_of(pair_->copy(), keys, deadline()));
    return settle_those(reader, rows, found);
  }

  Result<void> settle_those(BlockReader& reader, const Both<Versions>& rows, Found& found) {
    TRY_ASSIGN(auto settled, settle(reader, request_.following, suspects_in(rows), request_.patience));
    for (auto& key : settled.undecided) {
      found.undecided.push_back(key_in_words(reader.table().key, key));
      found.keys.push_back(key);
    }
    const auto room = request_.most_named + 1 - std::min(found.differences.size(), request_.most_named + 1);
    while (settled.different.size() > room) settled.different.erase(std::prev(settled.different.end()));
    TRY_ASSIGN(auto named, name_differences(reader, settled.different, deadline()));
    for (auto& difference : named) {
      found.keys.push_back(difference.key_text);
      found.differences.push_back(std::move(difference));
    }
    return {};
  }

  [[nodiscard]] Deadline deadline() const { return Deadline::in(request_.patience.with_request); }

  const Request& request_;
  Shared& shared_;
  std::optional<Pair> pair_;
};

}  // namespace

void Shared::keep_now_and_then() {
  const bool at_once = careful > 0;
  if (at_once) --careful;
  if (at_once || queue.should_be_kept()) keeper.keep(queue);
}

Result<void> work(const Request& request, Shared& shared) {
  return Worker(request, shared).work();
}

}  // namespace pgcleave::compare
