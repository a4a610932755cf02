#include "data/batch.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "postgres/connection.h"
#include "postgres/sql/lock_waits.h"

namespace pgcleave::data {
namespace {

constexpr const char* fence_refuses = "2F002";
constexpr auto between_looks_at_waits = std::chrono::milliseconds(50);

bool is_of_class(const Error& error, std::initializer_list<const char*> classes) {
  return std::any_of(classes.begin(), classes.end(), [&](const char* one) { return error.code.starts_with(one); });
}

// Errors that a row's values bring about: data, integrity, a trigger that raises, a view's or function's own.
bool is_of_a_row(const Error& error) {
  return is_of_class(error, {"22", "23", "P0", "38", "44"});
}

bool may_be_cut(const Error& error) {
  return postgres::is_for_want_of_a_lock(error) || error.kind == ErrorKind::timed_out || error.code == "57014";
}

void roll_back(postgres::Connection& primary) {
  if (primary.alive() && !primary.simple("ROLLBACK", Deadline::in(short_request))) primary.close();
}

// As long as nobody waits for its locks; then it is cancelled.
Result<postgres::Rows> change_rows(postgres::Connection& primary, const std::string& sql, int pid, Duration longest,
                                   Brake* brake) {
  const auto until = Deadline::in(longest);
  TRY(primary.send(sql));
  while (true) {
    TRY_ASSIGN(const bool answered, primary.answered_by(until.or_earlier(Deadline::in(between_looks_at_waits))));
    if (answered || until.passed()) return primary.receive(until);
    if (brake == nullptr || !brake->holds_up_others(pid)) continue;
    auto rows = primary.receive(Deadline::in(Duration::zero()));
    if (!rows && rows.error().kind == ErrorKind::timed_out)
      rows.error().what = "the batch was cancelled, since sessions wait for its locks";
    return rows;
  }
}

// What a batch ends with where a request of it failed.
Result<BatchEnd> ended_by(postgres::Connection& primary, const Error& error, const Batch& batch) {
  roll_back(primary);
  if (!is_lost(error, primary)) {
    if (may_be_cut(error)) return BatchEnd{BatchOutcome::cut_off, 0, 0, error, {}};
    if (is_of_a_row(error)) return BatchEnd{BatchOutcome::bad_row, 0, 0, error, {}};
  }
  Error out = error;
  if (out.code == fence_refuses) {
    out.kind = ErrorKind::not_ready;
    out.object = "table " + batch.leaf.name.sql();
    out.what = "the fence refuses the job's writes: " + error.what;
    out.hint = "run the job on the side that owns the moved tables";
  }
  return fail(out);
}

Error never_ends(const Batch& batch, const postgres::Rows& rows) {
  return {ErrorKind::invalid,
          "table " + batch.leaf.name.sql(),
          fmt::format("{} of {} rows match `where` even when they were changed: the job would never end",
                      rows.number(0, "still"), rows.number(0, "changed")),
          "rows that no longer match",
          "row " + printable(rows.text(0, "example")),
          "correct `where` or `set` in the runbook; nothing of this batch was changed",
          ""};
}

}  // namespace

bool is_lost(const Error& error, const postgres::Connection& connection) {
  constexpr const char* read_only_transaction = "25006";
  return !connection.alive() || error.kind == ErrorKind::unknown || error.code == read_only_transaction ||
         is_of_class(error, {"08", "57P"});
}

Result<std::optional<std::string>> name_of_row(postgres::Connection& primary, const Batch& batch, Deadline deadline) {
  TRY_ASSIGN(const auto rows, primary.query(name_sql(batch.leaf.name, batch.range, batch.row_name), {}, deadline));
  if (rows.empty()) return std::optional<std::string>{};
  return std::optional<std::string>{rows.text(0, "name")};
}

Result<BatchEnd> run_batch(postgres::Connection& primary, const Lease& lease, Change& change, const Batch& batch,
                           const BatchLimits& limits, Brake* brake) {
  // Before the transaction: a program may take its time over the rows, and nobody waits for it.
  const auto statement =
      change.statement(primary, batch.leaf, batch.range, batch.row_name, Deadline::in(limits.longest));
  if (!statement) return ended_by(primary, statement.error(), batch);
  const auto job = begin_batch(primary, lease, limits.lock_timeout, Deadline::in(short_request));
  if (!job && job.error().kind == ErrorKind::conflict) return fail(job.error());
  if (!job) return ended_by(primary, job.error(), batch);
  if (job->hold) return BatchEnd{BatchOutcome::held, 0, 0, {}, job->target};
  BatchEnd end{BatchOutcome::done, 0, 0, {}, job->target};
  if (!statement->sql.empty()) {
    const auto changed = change_rows(primary, statement->sql, job->pid, limits.longest, brake);
    if (!changed) return ended_by(primary, changed.error(), batch);
    if (changed->number(0, "still") > 0) {
      roll_back(primary);
      return fail(never_ends(batch, *changed));
    }
    end.changed = changed->number(0, "changed");
    end.missed = std::max<std::int64_t>(0, statement->chosen - end.changed);
  }
  auto to = batch.to;
  to.changed_in_pass += end.changed + end.missed;
  const auto committed = commit_batch(primary, lease, to, end.changed, 0, Deadline::in(limits.longest));
  if (!committed) return ended_by(primary, committed.error(), batch);
  return end;
}

Result<BatchEnd> skip_batch(postgres::Connection& primary, const Lease& lease, const Batch& batch, const Error& why,
                            const BatchLimits& limits) {
  const auto job = begin_batch(primary, lease, limits.lock_timeout, Deadline::in(short_request));
  if (!job && job.error().kind == ErrorKind::conflict) return fail(job.error());
  if (!job) return ended_by(primary, job.error(), batch);
  if (job->hold) return BatchEnd{BatchOutcome::held, 0, 0, {}, job->target};
  const auto name = name_of_row(primary, batch, Deadline::in(short_request));
  if (!name) return ended_by(primary, name.error(), batch);
  if (!*name) {
    roll_back(primary);
    return fail(why);
  }
  const auto kept = skip_row(primary, lease, batch.leaf.name.sql(), **name, why, Deadline::in(short_request));
  if (!kept) return ended_by(primary, kept.error(), batch);
  const auto committed = commit_batch(primary, lease, batch.to, 0, *kept ? 1 : 0, Deadline::in(short_request));
  if (!committed) return ended_by(primary, committed.error(), batch);
  return BatchEnd{BatchOutcome::done, 0, 0, {}, job->target};
}

}  // namespace pgcleave::data
