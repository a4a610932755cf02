#include "data/runner.h"

#include <algorithm>

#include "base/deadline.h"
#include "base/format.h"
#include "base/units.h"
#include "data/job.h"
#include "postgres/sql/lock_waits.h"

namespace pgcleave::data {
namespace {

constexpr auto nap = std::chrono::milliseconds(500);
constexpr auto between_lines = std::chrono::seconds(5);
constexpr auto longest_between = std::chrono::minutes(2);
constexpr int most_passes = 20;
constexpr auto shortest_limit = std::chrono::seconds(10);

// A statement of a dead runner ends when the server notices: its claim is tried again meanwhile.
constexpr auto patience_with_claim = std::chrono::seconds(20);

Deadline soon() {
  return Deadline::in(short_request);
}

}  // namespace

Runner::Runner(Task task, Surroundings around)
    : task_(std::move(task)),
      around_(std::move(around)),
      lease_{task_.id, 0},
      brake_(task_.limits, around_.beside),
      began_(Monotonic::now()) {}

Result<Job> Runner::run() {
  TRY(task_.change->check());
  auto patience = Deadline::in(around_.patience);
  std::string told;  // once for each reason
  while (true) {
    const HeededStop none(nullptr);  // what is under way ends with its batch
    auto primary = around_.leader(soon().or_earlier(patience));
    Error error = primary ? Error{} : primary.error();
    bool lost = !primary && error.kind != ErrorKind::invalid;
    bool moved = false;
    if (primary) {
      const auto before = at_.cursor;
      auto job = run_session(**primary);
      if (job) return job;
      error = job.error();
      lost = is_lost(error, **primary);
      if (!lost && lease_.epoch > 0) static_cast<void>(release(**primary, lease_, false, error.text(), soon()));
      moved = at_.cursor != before;
      if (moved) patience = Deadline::in(around_.patience);
    }
    if (!lost) return fail(error);
    if (const auto may = may_go_on(); !may) return fail(may.error());
    if (patience.passed()) return fail(error);
    if (around_.tell && told != error.text()) around_.tell("the session was lost, trying again: " + error.text());
    told = error.text();
    if (!moved) sleep_until(patience, nap, around_.stop);
  }
}

Result<Job> Runner::run_session(postgres::Connection& primary) {
  TRY_ASSIGN(table_, read_table(primary, task_.table, soon()));
  TRY(task_.change->check_table(table_, {}));
  TRY(install_jobs(primary, soon()));
  const auto wanted = task_.definition(table_.oid);
  const auto until = Deadline::in(patience_with_claim);
  while (true) {
    auto job = claim(primary, wanted, around_.runner, lease_.epoch, around_.take_over && lease_.epoch == 0, soon());
    if (job && job->over) return job;
    if (job) return walk(primary, *job);
    if (job.error().kind != ErrorKind::held || until.passed()) return job;
    TRY(may_go_on());
    sleep_until(until, nap, around_.stop);
  }
}

Result<void> Runner::may_go_on() const {
  const auto stopped = [&](ErrorKind kind, const char* what) {
    return fail({kind, "job " + task_.id, what, "", fmt::format("{} rows changed so far", changed_),
                 "go on with: pgcleave resume", ""});
  };
  if (around_.stop != nullptr && around_.stop->requested())
    return stopped(ErrorKind::interrupted, "was asked to stop, after a batch");
  if (around_.deadline.passed()) return stopped(ErrorKind::timed_out, "its step's timeout has passed");
  return {};
}

Result<Job> Runner::walk(postgres::Connection& primary, const Job& job) {
  lease_.epoch = job.epoch;
  at_ = job.at;
  changed_ = job.changed;
  skipped_ = job.skipped;
  while (true) {
    TRY(walk_pass(primary));
    if (!task_.change->marks_rows() || at_.changed_in_pass == 0) break;
    if (at_.pass >= most_passes) {
      return fail({ErrorKind::failed, "table " + table_.name.sql(),
                   fmt::format("had rows that match in each of {} passes", most_passes), "none in the last one",
                   fmt::format("{} in the last one", at_.changed_in_pass),
                   "fix what writes them, then: pgcleave resume", ""});
    }
    at_ = Position{at_.pass + 1, 0, {}, 0, 0};
    TRY(move_to(primary, lease_, at_, soon()));
  }
  run_between(primary, true);
  TRY(release(primary, lease_, true, "", soon()));
  tell_progress(true);
  TRY_ASSIGN(const auto ended, read_job(primary, task_.id, soon()));
  if (!ended) return fail({ErrorKind::conflict, "job " + task_.id, "was removed", "", "", "", ""});
  return *ended;
}

Result<void> Runner::walk_pass(postgres::Connection& primary) {
  TRY_ASSIGN(table_, read_table(primary, task_.table, soon()));
  TRY(task_.change->check_table(table_, {}));
  TRY(begin_pass(primary));
  for (const auto& leaf : table_.leaves) {
    if (leaf.oid >= at_.leaf) TRY(walk_leaf(primary, leaf));
  }
  return {};
}

Result<void> Runner::begin_pass(postgres::Connection& primary) {
  all_ = 0;
  for (const auto& leaf : table_.leaves) {
    TRY_ASSIGN(const auto walk, open_walk(primary, leaf));
    all_ += walk->all();
  }
  pace_.reset();
  changed_before_ = changed_;
  walked_before_ = at_.walked;
  began_ = Monotonic::now();
  return {};
}

// The first pass as the task says; the others find what moved or came meanwhile.
Result<std::unique_ptr<Walk>> Runner::open_walk(postgres::Connection& primary, const Leaf& leaf) {
  TRY_ASSIGN(const auto key, read_key(primary, leaf.oid, soon()));
  row_name_ = row_name_sql(key);
  if (at_.pass > 1) return walk_heap(leaf);
  return data::open_walk(task_, table_, leaf, key);
}

std::int64_t Runner::size() const {
  return narrow_ > 0 ? narrow_ : pace_->size();
}

Result<void> Runner::walk_leaf(postgres::Connection& primary, const Leaf& leaf) {
  TRY_ASSIGN(const auto walk, open_walk(primary, leaf));
  if (leaf.oid != at_.leaf) {
    at_.leaf = leaf.oid;
    at_.cursor.reset();
  }
  if (!pace_) pace_.emplace(task_.target, walk->first_size(), walk->largest_size());
  narrow_ = 0;
  while (true) {
    TRY(may_go_on());
    TRY(heed_throttle(primary));
    TRY_ASSIGN(const auto range, walk->next(primary, at_.cursor, size(), soon()));
    if (!range) return {};
    Batch batch{leaf, range->predicate, row_name_, at_};
    batch.to.cursor = range->end;
    batch.to.walked += range->size;
    TRY(next_batch(primary, batch, range->size));
    run_between(primary, false);
    tell_progress(false);
  }
}

Result<void> Runner::next_batch(postgres::Connection& primary, const Batch& batch, std::int64_t size) {
  const BatchLimits limits{task_.lock_timeout, std::max<Duration>(task_.target * 20, shortest_limit)};
  const auto began = Monotonic::now();
  TRY_ASSIGN(const auto end, run_batch(primary, lease_, *task_.change, batch, limits, size > 1 ? &brake_ : nullptr));
  const auto target = std::max<Duration>(end.target.value_or(task_.target), std::chrono::milliseconds(1));
  if (target != pace_->target()) pace_->aim_at(target);
  switch (end.outcome) {
    case BatchOutcome::done:
      done(end, batch, size, std::chrono::duration_cast<Duration>(Monotonic::now() - began));
      return {};
    case BatchOutcome::held: return wait_while_held(primary);
    case BatchOutcome::bad_row: return bad_row(primary, end.why, batch, size);
    case BatchOutcome::cut_off: break;
  }
  if (size == 1 && end.why.kind == ErrorKind::timed_out) {
    return fail({ErrorKind::failed, "table " + batch.leaf.name.sql(), "one row takes too long",
                 "less than " + to_text(limits.longest), end.why.what, "see its plan with: pgcleave plan", ""});
  }
  slowed_ = end.why.what;
  if (narrow_ == 0) pace_->halve();
  if (narrow_ > 1) narrow_ /= 2;
  sleep_until(around_.deadline, postgres::backoff(cut_in_a_row_++), around_.stop);
  return {};
}

void Runner::done(const BatchEnd& end, const Batch& batch, std::int64_t size, Duration took) {
  at_ = batch.to;
  at_.changed_in_pass += end.changed + end.missed;
  changed_ += end.changed;
  cut_in_a_row_ = 0;
  if (narrow_ == 0) {
    pace_->took(size, took);
    return;
  }
  narrow_left_ -= size;
  if (narrow_left_ <= 0) narrow_ = 0;
}

// Half of it is tried, until the row stands alone.
Result<void> Runner::bad_row(postgres::Connection& primary, const Error& why, const Batch& batch, std::int64_t size) {
  if (size > 1) {
    narrow_ = size / 2;
    narrow_left_ = size;
    return {};
  }
  TRY_ASSIGN(const auto name, name_of_row(primary, batch, soon()));
  if (!name) return fail(why);
  const auto object = fmt::format("row {} of {}", printable(*name), batch.leaf.name.sql());
  const auto stopped = [&](const std::string& what, const std::string& hint) {
    return fail({ErrorKind::failed, object, what, "", fmt::format("{} rows changed so far", changed_), hint, why.code});
  };
  if (task_.on_bad_row == OnBadRow::stop)
    return stopped(why.what, "fix the row, then: pgcleave resume. To leave out such rows: on_bad_row: skip");
  TRY_ASSIGN(const bool known, is_skipped(primary, lease_, batch.leaf.name.sql(), *name, soon()));
  if (!known && skipped_ >= task_.most_skipped)
    return stopped(
        fmt::format("{}; {} rows were left out before it", why.what, skipped_),
        "see them with: SELECT * FROM pgcleave.job_skips; at most so many are left out as `most_skipped` says");
  TRY_ASSIGN(const auto end, skip_batch(primary, lease_, batch, why, {task_.lock_timeout, std::chrono::seconds(10)}));
  if (end.outcome != BatchOutcome::done) return {};
  TRY_ASSIGN(const auto job, note(primary, lease_, "", soon()));
  if (job.skipped > skipped_ && around_.tell) around_.tell(fmt::format("left out {}: {}", object, printable(why.what)));
  skipped_ = job.skipped;
  done(end, batch, size, Duration::zero());
  return {};
}

// Slow: a rest as long as a batch takes, after each. Stop: no batch as long as that lasts; it goes on with a small one.
Result<void> Runner::heed_throttle(postgres::Connection& primary) {
  std::vector<std::uint32_t> relations{table_.oid};
  for (const auto& leaf : table_.leaves) relations.push_back(leaf.oid);
  std::string told;
  while (true) {
    const auto now = brake_.look(relations);
    slowed_ = now.why;
    if (now.speed == Speed::go) return {};
    if (now.speed == Speed::slow) {
      sleep_until(around_.deadline, pace_->target(), around_.stop);
      return {};
    }
    if (told.empty()) {
      pace_->halve();
      if (around_.tell) around_.tell("waits: " + now.why);
    }
    told = now.why;
    TRY(note(primary, lease_, now.why, soon()));
    TRY(may_go_on());
    sleep_until(around_.deadline, nap, around_.stop);
  }
}

Result<void> Runner::wait_while_held(postgres::Connection& primary) {
  if (around_.tell) around_.tell("on hold; it goes on with: pgcleave continue");
  while (true) {
    TRY_ASSIGN(const auto job, note(primary, lease_, "on hold", soon()));
    if (!job.hold) return {};
    TRY(may_go_on());
    sleep_until(around_.deadline, nap, around_.stop);
  }
}

// The job does not hang on it: what fails is told.
void Runner::run_between(postgres::Connection& primary, bool at_end) {
  if (task_.between.empty() || (!at_end && Monotonic::now() < between_ + between_lines)) return;
  const auto done = primary.simple(task_.between, Deadline::in(longest_between));
  between_ = Monotonic::now();
  if (!done && around_.tell) around_.tell(printable(task_.between) + " failed: " + done.error().text());
}

void Runner::tell_progress(bool over) {
  if (!around_.tell || (!over && Monotonic::now() < told_ + between_lines)) return;
  told_ = Monotonic::now();
  around_.tell(in_words({table_.name.sql(), changed_, skipped_, at_.pass, at_.walked, all_,
                         std::chrono::duration<double>(told_ - began_).count(), changed_ - changed_before_,
                         at_.walked - walked_before_, slowed_, over}));
}

}  // namespace pgcleave::data
