#include "data/job.h"

#include <algorithm>

#include "base/format.h"
#include "postgres/sql/schema_lock.h"

namespace pgcleave::data {

namespace {

// A runner that stands still in a batch, such as on a laptop that sleeps, keeps no row locked for longer.
constexpr const char* longest_silence = "10s";

constexpr const char* job_columns = R"sql(
  j.job, j.relation, j.definition, j.epoch, COALESCE(j.runner, '') AS runner, j.pid, j.pass, j.leaf, j.cursor, j.walked,
  j.changed_in_pass, j.changed, j.batches, j.skipped, j.hold, j.target_ms, j.now, j.ended IS NOT NULL AS over)sql";

constexpr const char* tables_sql = R"sql(
CREATE SCHEMA IF NOT EXISTS pgcleave;
GRANT USAGE ON SCHEMA pgcleave TO PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.jobs (
  job text PRIMARY KEY,
  relation text NOT NULL,
  definition text NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  runner text,
  pid integer,
  backend_start timestamptz,
  hold boolean NOT NULL DEFAULT false,
  target_ms integer,
  pass integer NOT NULL DEFAULT 1,
  leaf oid NOT NULL DEFAULT 0,
  cursor text,
  walked bigint NOT NULL DEFAULT 0,
  changed_in_pass bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  batches bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  now text NOT NULL DEFAULT '',
  began timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  moved timestamptz,
  ended timestamptz) WITH (fillfactor = 20);
REVOKE ALL ON pgcleave.jobs FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pgcleave.job_skips (
  job text NOT NULL REFERENCES pgcleave.jobs ON DELETE CASCADE,
  relation text NOT NULL,
  key text NOT NULL,
  code text NOT NULL,
  error text NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  PRIMARY KEY (job, relation, key));
REVOKE ALL ON pgcleave.job_skips FROM PUBLIC;
)sql";

Job job_of(const postgres::Rows& rows) {
  Job job;
  job.id = rows.text(0, "job");
  job.table = rows.text(0, "relation");
  job.definition = rows.text(0, "definition");
  job.epoch = rows.number(0, "epoch");
  job.runner = rows.text(0, "runner");
  job.pid = static_cast<int>(rows.number(0, "pid"));
  job.at.pass = static_cast<int>(rows.number(0, "pass"));
  job.at.leaf = static_cast<std::uint32_t>(rows.number(0, "leaf"));
  if (!rows.is_null(0, "cursor")) job.at.cursor = rows.text(0, "cursor");
  job.at.walked = rows.number(0, "walked");
  job.at.changed_in_pass = rows.number(0, "changed_in_pass");
  job.changed = rows.number(0, "changed");
  job.batches = rows.number(0, "batches");
  job.skipped = rows.number(0, "skipped");
  job.hold = rows.boolean(0, "hold");
  if (!rows.is_null(0, "target_ms")) job.target = std::chrono::milliseconds(rows.number(0, "target_ms"));
  job.now = rows.text(0, "now");
  job.over = rows.boolean(0, "over");
  return job;
}

std::string mine(const Lease& lease) {
  return fmt::format("j.job = {} AND j.epoch = {} AND j.ended IS NULL", postgres::quote_literal(lease.id), lease.epoch);
}

Error lost(const postgres::Connection& primary, const Lease& lease) {
  return {ErrorKind::conflict,
          fmt::format("job {} on {}", lease.id, primary.name()),
          "another runner has claimed it, or it was removed",
          fmt::format("epoch {}", lease.epoch),
          "another epoch, or none",
          "see it with: SELECT * FROM pgcleave.jobs",
          ""};
}

// What a person wants of a job. False: there is none of that id that is not over.
Result<bool> set_of_job(postgres::Connection& primary, const std::string& id, const std::string& column,
                        const std::optional<std::string>& value, Deadline deadline) {
  const auto rows = primary.query(
      fmt::format("UPDATE pgcleave.jobs SET {} = $2 WHERE job = $1 AND ended IS NULL RETURNING 1", column), {id, value},
      deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return false;
  if (!rows) return fail(rows.error());
  return !rows->empty();
}

std::string moving_sql(const Position& to) {
  return fmt::format(
      "UPDATE pgcleave.jobs AS j SET pass = {}, leaf = {}, cursor = {}, walked = {}, changed_in_pass = {}, moved = "
      "pg_catalog.clock_timestamp()",
      to.pass, to.leaf, to.cursor ? postgres::quote_literal(*to.cursor) : "NULL", to.walked, to.changed_in_pass);
}

}  // namespace

Result<void> install_jobs(postgres::Connection& primary, Deadline deadline) {
  TRY_ASSIGN(const auto there,
             primary.query("SELECT pg_catalog.to_regclass('pgcleave.job_skips') IS NOT NULL AS there", {}, deadline));
  if (there.boolean(0, "there")) return {};
  return postgres::run_with_schema_lock(primary, tables_sql, deadline);
}

Result<std::optional<Job>> read_job(postgres::Connection& connection, const std::string& id, Deadline deadline) {
  const auto rows =
      connection.query(fmt::format("SELECT {} FROM pgcleave.jobs j WHERE j.job = $1", job_columns), {id}, deadline);
  if (!rows && rows.error().code == postgres::undefined_table) return std::optional<Job>{};
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::optional<Job>{};
  return job_of(*rows);
}

Result<Job> claim(postgres::Connection& primary, const JobDefinition& job, const std::string& runner,
                  std::int64_t own_epoch, bool take_over, Deadline deadline) {
  TRY_ASSIGN(const auto claimed, primary.query(fmt::format(R"sql(
      INSERT INTO pgcleave.jobs AS j (job, relation, definition, runner, pid, backend_start)
      SELECT $1, $2, $3, $4, a.pid, a.backend_start
        FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()
      ON CONFLICT (job) DO UPDATE SET epoch = j.epoch + 1, runner = excluded.runner, pid = excluded.pid,
        backend_start = excluded.backend_start, now = ''
       WHERE j.ended IS NULL AND j.relation = excluded.relation AND j.definition = excluded.definition
         AND ({} OR j.epoch = {} OR j.runner IS NULL OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_stat_activity s
            WHERE s.pid = j.pid AND s.backend_start = j.backend_start AND s.pid <> pg_catalog.pg_backend_pid()))
      RETURNING {})sql",
                                                           take_over ? "true" : "false", own_epoch, job_columns),
                                               {job.id, job.table, job.definition, runner}, deadline));
  if (!claimed.empty()) return job_of(claimed);
  TRY_ASSIGN(const auto seen, read_job(primary, job.id, deadline));
  const auto object = fmt::format("job {} on {}", job.id, primary.name());
  if (!seen) return fail({ErrorKind::failed, object, "was removed while it was claimed", "", "", "", ""});
  if (seen->table != job.table || seen->definition != job.definition) {
    return fail({ErrorKind::conflict, object, "is another than the runbook's",
                 fmt::format("{} on {}", job.definition, job.table),
                 fmt::format("{} on {}", seen->definition, seen->table), "begin a new run for the other change", ""});
  }
  if (seen->over) return *seen;
  return fail({ErrorKind::held, object, "another runner is at work on it", "nobody",
               fmt::format("{}, session {}", seen->runner, seen->pid),
               fmt::format("stop that runner, or end its session with: SELECT pg_terminate_backend({})", seen->pid),
               ""});
}

Result<Job> begin_batch(postgres::Connection& primary, const Lease& lease, Duration lock_timeout, Deadline deadline) {
  TRY_ASSIGN(const auto rows, primary.simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
                                                         "SET LOCAL lock_timeout TO '{}ms';"
                                                         "SET LOCAL idle_in_transaction_session_timeout TO '{}';"
                                                         "SELECT {} FROM pgcleave.jobs j WHERE {} FOR NO KEY UPDATE",
                                                         std::max<std::int64_t>(1, lock_timeout.count() / 1000),
                                                         longest_silence, job_columns, mine(lease)),
                                             deadline));
  if (!rows.empty() && !rows.boolean(0, "hold")) return job_of(rows);
  TRY(primary.simple("ROLLBACK", deadline));
  if (rows.empty()) return fail(lost(primary, lease));
  return job_of(rows);
}

Result<void> commit_batch(postgres::Connection& primary, const Lease& lease, const Position& to, std::int64_t changed,
                          std::int64_t skipped, Deadline deadline) {
  TRY(primary.simple(fmt::format("{}, changed = j.changed + {}, skipped = j.skipped + {}, batches = j.batches + 1, "
                                 "now = '' WHERE {}; COMMIT",
                                 moving_sql(to), changed, skipped, mine(lease)),
                     deadline));
  return {};
}

Result<void> move_to(postgres::Connection& primary, const Lease& lease, const Position& to, Deadline deadline) {
  TRY_ASSIGN(const auto moved,
             primary.simple(fmt::format("{} WHERE {} RETURNING 1", moving_sql(to), mine(lease)), deadline));
  if (moved.empty()) return fail(lost(primary, lease));
  return {};
}

Result<Job> note(postgres::Connection& primary, const Lease& lease, const std::string& now, Deadline deadline) {
  TRY_ASSIGN(const auto noted,
             primary.simple(fmt::format("UPDATE pgcleave.jobs AS j SET now = {} WHERE {} RETURNING {}",
                                        postgres::quote_literal(now), mine(lease), job_columns),
                            deadline));
  if (noted.empty()) return fail(lost(primary, lease));
  return job_of(noted);
}

Result<void> release(postgres::Connection& primary, const Lease& lease, bool over, const std::string& now,
                     Deadline deadline) {
  TRY(primary.simple(
      fmt::format("UPDATE pgcleave.jobs AS j SET runner = NULL, pid = NULL, backend_start = NULL, now = {}{} WHERE {}",
                  postgres::quote_literal(now), over ? ", ended = pg_catalog.clock_timestamp()" : "", mine(lease)),
      deadline));
  return {};
}

Result<bool> is_skipped(postgres::Connection& primary, const Lease& lease, const std::string& table,
                        const std::string& key, Deadline deadline) {
  TRY_ASSIGN(const auto rows,
             primary.query("SELECT FROM pgcleave.job_skips WHERE job = $1 AND relation = $2 AND key = $3",
                           {lease.id, table, key}, deadline));
  return !rows.empty();
}

Result<bool> skip_row(postgres::Connection& primary, const Lease& lease, const std::string& table,
                      const std::string& key, const Error& error, Deadline deadline) {
  TRY_ASSIGN(const auto kept, primary.query(R"sql(
      INSERT INTO pgcleave.job_skips AS s (job, relation, key, code, error) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (job, relation, key) DO UPDATE SET code = excluded.code, error = excluded.error, at = excluded.at
      RETURNING xmax = 0 AS new)sql",
                                            {lease.id, table, key, error.code, error.what}, deadline));
  return kept.boolean(0, "new");
}

Result<bool> hold_job(postgres::Connection& primary, const std::string& id, bool hold, Deadline deadline) {
  return set_of_job(primary, id, "hold", hold ? "t" : "f", deadline);
}

Result<bool> pace_job(postgres::Connection& primary, const std::string& id, std::optional<Duration> target,
                      Deadline deadline) {
  std::optional<std::string> value;
  if (target) value = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*target).count());
  return set_of_job(primary, id, "target_ms", value, deadline);
}

std::string about(Duration time) {
  const double seconds = static_cast<double>(time.count()) / 1e6;
  if (seconds < 120) return fmt::format("{:.0f}s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{:.1f}h", seconds / 3600);
  return fmt::format("{:.1f}d", seconds / 86400);
}

std::string in_words(const Progress& progress) {
  auto text = fmt::format("{}: {} rows changed", progress.table, progress.changed);
  if (progress.skipped > 0) text += fmt::format(", {} left out", progress.skipped);
  if (progress.seconds > 0)
    text += fmt::format(", {:.0f} rows/s", static_cast<double>(progress.changed_since) / progress.seconds);
  if (progress.over) return text;
  const auto walked = static_cast<double>(progress.walked);
  const auto all = static_cast<double>(progress.all);
  if (progress.all > 0)
    text += fmt::format(", {:.1f} % of pass {}", std::min(100.0, 100 * walked / all), progress.pass);
  if (progress.walked_since > 0 && progress.seconds > 0 && walked < all) {
    const double left = (all - walked) * progress.seconds / static_cast<double>(progress.walked_since);
    text += fmt::format(", {} left", about(std::chrono::seconds(static_cast<std::int64_t>(left))));
  }
  if (!progress.slowed.empty()) text += ", slowed: " + progress.slowed;
  return text;
}

}  // namespace pgcleave::data
