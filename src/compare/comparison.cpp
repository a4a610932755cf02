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
#include "compare/earlier.h"
#include "compare/worker.h"

namespace pgcleave::compare {
namespace {

constexpr auto between_keeping = std::chrono::seconds(1);

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
void work_all(const Request& request, Shared& shared) {
  std::mutex mutex;
  std::condition_variable ended;
  int at_work = std::max(1, request.jobs);
  std::vector<std::thread> threads;
  for (int n = at_work; n > 0; --n) {
    threads.emplace_back([&] {
      const HeededStop heeded(request.patience.stop);
      const auto done = work(request, shared);
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
  Earlier earlier(request);
  earlier.begin(pair, tables);
  Queue queue(request, std::move(tables), keeper.found(), earlier.usable());
  Gate gate(request, queue, keeper);
  Shared shared{queue, keeper, gate, seed, resumed ? most_blocks_not_kept + std::max(1, request.jobs) : 0};
  work_all(request, shared);
  const auto why_not_done = queue.why_not_done();
  keeper.end(queue, why_not_done);
  if (const auto lease = keeper.lease()) outcome.id = lease->id;
  outcome.ended = why_not_done.empty();
  earlier.end(outcome.id, queue.seen());
  TRY_ASSIGN(outcome.tables, queue.results());
  for (auto& table : outcome.tables) {
    if (const auto why = earlier.why_none().find(table.name); why != earlier.why_none().end())
      table.why_whole = why->second;
  }
  outcome.time = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  return outcome;
}

}  // namespace pgcleave::compare
