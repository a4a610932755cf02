#include "compare/comparison.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "base/format.h"
#include "compare/gate.h"
#include "compare/keeper.h"
#include "compare/queue.h"

namespace pgcleave::compare {
namespace {

constexpr std::int64_t few_rows = 400;  // that are settled one by one
constexpr std::int64_t most_rows_of_buckets = 100'000;
constexpr int deepest = 40;  // halvings
constexpr int most_tries = 6;
constexpr Duration first_nap = std::chrono::milliseconds(50);
constexpr auto between_keeping = std::chrono::seconds(1);

// What the workers share.
struct Shared {
  Queue& queue;
  Keeper& keeper;
  Gate& gate;
  std::int64_t seed;
  // Blocks that are kept at once, each: what a process that died had read and not kept is read again, and should that
  // one die, too, not a third time.
  std::atomic<int> careful;

  void keep_now_and_then() {
    const bool at_once = careful > 0;
    if (at_once) --careful;
    if (at_once || queue.should_be_kept()) keeper.keep(queue);
  }
};

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

// Whoever opens sessions or is told something need not be ready for two at once.
Request one_at_a_time(Request request) {
  const auto opening = std::make_shared<std::mutex>();
  for (auto* open : {&request.original, &request.copy})
    *open = [opening, given = *open](Deadline deadline) {
      const std::lock_guard lock(*opening);
      return given(deadline);
    };
  const auto telling = std::make_shared<std::mutex>();
  if (request.tell)
    request.tell = [telling, given = request.tell](const Progress& now) {
      const std::lock_guard lock(*telling);
      given(now);
    };
  if (request.say)
    request.say = [telling, given = request.say](const std::string& text) {
      const std::lock_guard lock(*telling);
      given(text);
    };
  return request;
}

// All workers, to their end. Meanwhile it is told and kept how far they are.
void work(const Request& request, Shared& shared) {
  std::mutex mutex;
  std::condition_variable ended;
  int at_work = std::max(1, request.jobs);
  std::vector<std::thread> threads;
  for (int n = at_work; n > 0; --n) {
    threads.emplace_back([&] {
      const HeededStop heeded(request.patience.stop);
      const auto done = Worker(request, shared).work();
      if (!done) shared.queue.give_up(done.error());
      const std::lock_guard lock(mutex);
      --at_work;
      ended.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, between_keeping, [&] { return at_work == 0; })) {
    lock.unlock();
    shared.queue.tell_progress();
    shared.keeper.keep(shared.queue);
    lock.lock();
  }
  lock.unlock();
  for (auto& thread : threads) thread.join();
}

}  // namespace

Result<Outcome> compare_tables(const Request& asked) {
  const auto began = Monotonic::now();
  Outcome outcome;
  auto request = one_at_a_time(asked);
  const HeededStop heeded(request.patience.stop);
  TRY_ASSIGN(auto pair, Pair::open(request.original, request.copy, Deadline::in(request.patience.to_connect)));
  TRY(encodings_are_the_same(request, pair));
  Keeper keeper(request);
  TRY(keeper.begin());
  const bool resumed = request.keeping && request.keeping->resume;
  if (resumed) {
    request.tables.clear();
    request.parents = keeper.parents();
  }
  for (const auto& table : keeper.found()) request.tables.push_back(table.name);
  TRY_ASSIGN(auto tables, read_tables_alike(request, pair));
  TRY_ASSIGN(outcome.shape, compare_shape(request));
  if (request.following.follows()) {
    TRY_ASSIGN(outcome.position,
               request.following.position(pair.original(), Deadline::in(request.patience.with_request)));
  }
  // Another one each time: two rows that happen to have the same hash will not have it again.
  const auto seed = static_cast<std::int64_t>(std::random_device{}());
  Queue queue(request, std::move(tables), keeper.found());
  Gate gate(request, queue, keeper);
  Shared shared{queue, keeper, gate, seed, resumed ? most_blocks_not_kept + std::max(1, request.jobs) : 0};
  work(request, shared);
  const auto why_not_done = queue.why_not_done();
  keeper.end(queue, why_not_done);
  if (const auto lease = keeper.lease()) outcome.id = lease->id;
  outcome.ended = why_not_done.empty();
  TRY_ASSIGN(outcome.tables, queue.results());
  outcome.time = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  return outcome;
}

}  // namespace pgcleave::compare
