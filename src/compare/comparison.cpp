#include "compare/comparison.h"

#include <algorithm>
#include <optional>
#include <random>
#include <thread>

#include "base/format.h"
#include "compare/queue.h"

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
  Worker(const Request& request, Queue& queue, std::int64_t seed) : request_(request), queue_(queue), seed_(seed) {}

  Result<void> work() {
    while (true) {
      TRY_ASSIGN(const auto taken, tried<std::optional<Taken>>([&]() { return queue_.take(*pair_); }));
      if (!taken) return {};
      const auto began = Monotonic::now();
      TRY_ASSIGN(const auto found, tried<Found>([&]() { return examine(*taken); }));
      queue_.done(*taken, found, std::chrono::duration_cast<Duration>(Monotonic::now() - began));
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
    TRY_ASSIGN(auto opened, queue_.open_pair());
    pair_.emplace(std::move(opened));
    return {};
  }

  Result<Found> examine(const Taken& taken) {
    BlockReader reader(*pair_, *taken.table, seed_);
    Found found;
    TRY_ASSIGN(auto digests, reader.digests(taken.block, deadline()));
    if (digests.original != digests.copy) {
      found.read_again = true;
      TRY(let_copy_catch_up(*pair_, request_.following, request_.patience));
      TRY_ASSIGN(digests, reader.digests(taken.block, deadline()));
    }
    found.rows = digests.original.rows;
    if (digests.original == digests.copy) return found;
    if (taken.walk == nullptr) {
      TRY(settle_buckets(reader, found));
    } else {
      TRY(narrow(reader, taken, taken.block, digests, 0, found));
    }
    return found;
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

  Result<void> settle_those(BlockReader& reader, const Both<Versions>& rows, Found& found) {
    TRY_ASSIGN(auto settled, settle(reader, request_.following, suspects_in(rows), request_.patience));
    for (auto& key : settled.undecided) found.undecided.push_back(key_in_words(reader.table().key, key));
    const auto room = request_.most_named + 1 - std::min(found.differences.size(), request_.most_named + 1);
    while (settled.different.size() > room) settled.different.erase(std::prev(settled.different.end()));
    TRY_ASSIGN(auto named, name_differences(reader, settled.different, deadline()));
    for (auto& difference : named) found.differences.push_back(std::move(difference));
    return {};
  }

  [[nodiscard]] Deadline deadline() const { return Deadline::in(request_.patience.with_request); }

  const Request& request_;
  Queue& queue_;
  std::int64_t seed_;
  std::optional<Pair> pair_;
};

Result<std::vector<ComparedTable>> read_tables(const Request& request, Pair& pair) {
  std::vector<ComparedTable> tables;
  for (const auto& name : request.tables) {
    TRY_ASSIGN(const auto original, read_shape(pair.original(), name, Deadline::in(request.patience.with_request)));
    TRY_ASSIGN(const auto copy, read_shape(pair.copy(), name, Deadline::in(request.patience.with_request)));
    tables.push_back(compared(name, original, copy, request.labels));
  }
  return tables;
}

// A table that one side lacks, or a column that differs, may be DDL that is on its way to the copy.
Result<std::vector<ComparedTable>> read_tables_alike(const Request& request, Pair& pair) {
  TRY_ASSIGN(auto tables, read_tables(request, pair));
  const bool alike = std::all_of(tables.begin(), tables.end(),
                                 [](const auto& table) { return table.why_not.empty() && table.notes.empty(); });
  if (alike || !request.following.follows()) return tables;
  TRY(let_copy_catch_up(pair, request.following, request.patience));
  return read_tables(request, pair);
}

Result<void> encodings_are_the_same(const Request& request, Pair& pair) {
  TRY_ASSIGN(const auto seen, pair.ask("SELECT pg_catalog.current_setting('server_encoding') AS encoding",
                                       Deadline::in(request.patience.with_request)));
  const auto& original = seen.original.text(0, "encoding");
  const auto& copy = seen.copy.text(0, "encoding");
  if (original == copy) return {};
  return fail({ErrorKind::invalid, "the two databases", "have different encodings, so the same text has other bytes",
               fmt::format("{}, as {} has", original, request.labels.original),
               fmt::format("{} on {}", copy, request.labels.copy), "", ""});
}

}  // namespace

Result<Outcome> compare_tables(const Request& request) {
  const auto began = Monotonic::now();
  Outcome outcome;
  const HeededStop heeded(request.patience.stop);
  TRY_ASSIGN(auto pair, Pair::open(request.original, request.copy, Deadline::in(request.patience.to_connect)));
  TRY(encodings_are_the_same(request, pair));
  TRY_ASSIGN(auto tables, read_tables_alike(request, pair));
  if (request.following.follows()) {
    TRY_ASSIGN(outcome.position,
               request.following.position(pair.original(), Deadline::in(request.patience.with_request)));
  }
  // Another one each time: two rows that happen to have the same hash will not have it again.
  const auto seed = static_cast<std::int64_t>(std::random_device{}());
  Queue queue(request, std::move(tables));
  std::vector<std::thread> threads;
  for (int n = 0; n < std::max(1, request.jobs); ++n) {
    threads.emplace_back([&] {
      const HeededStop heeded_there(request.patience.stop);
      const auto done = Worker(request, queue, seed).work();
      if (!done) queue.give_up(done.error());
    });
  }
  for (auto& thread : threads) thread.join();
  TRY_ASSIGN(outcome.tables, queue.results());
  outcome.time = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  return outcome;
}

}  // namespace pgcleave::compare
