// A job: one walk over a table, in batches. Its state lies in the database that is changed:
//
//   pgcleave.jobs       table: a row per job. What it does, how far it is (`pass`, `leaf`, `cursor`), who is at work
//                       (`epoch`, `runner`, `pid`), and what a person wants of it (`hold`, `target_ms`).
//   pgcleave.job_skips  table: rows that a job left out, each with its key and the error
//
// Each batch is one transaction, which also moves the cursor: so a batch happens exactly once, whichever process or
// server dies, and a failover loses both or neither. The lease is an epoch: who claims a job raises it, and a batch of
// an older epoch is refused in its own transaction. A claim is refused as long as the session that claimed before lives
// on this server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "postgres/connection.h"

namespace pgcleave::data {

// For a request that touches the job's row or the catalog alone.
inline constexpr auto short_request = std::chrono::seconds(10);

// Where a job stands. Of a pass: the table is walked once from its beginning to its end, leaf by leaf.
struct Position {
  int pass = 1;
  std::uint32_t leaf = 0;             // the table or partition that is walked, by its oid; 0: none yet
  std::optional<std::string> cursor;  // how far in this leaf, as its walk writes it; none: at its beginning
  std::int64_t walked = 0;            // units that lie behind, in this pass
  std::int64_t changed_in_pass = 0;   // rows, with those that others changed meanwhile and that may still match
};

struct Job {
  std::string id;
  std::string table;
  std::string definition;
  std::int64_t epoch = 0;
  std::string runner;  // for people: "ops@db1, pid 4711"; empty: nobody is at work
  int pid = 0;         // of its session on this server
  Position at;
  std::int64_t changed = 0;  // rows, in all passes
  std::int64_t batches = 0;
  std::int64_t skipped = 0;
  bool hold = false;               // a person wants it to wait
  std::optional<Duration> target;  // a person wants another duration of a batch
  std::string now;                 // what slows it, or why it stopped; empty: nothing
  bool over = false;
};

// What a job is, said at its first claim and compared at each later one.
struct JobDefinition {
  std::string id;          // run and step
  std::string table;       // in SQL
  std::string definition;  // everything that decides what is changed
};

// Schema and tables, where they are not there yet. Idempotent, also when two do it at once.
Result<void> install_jobs(postgres::Connection& primary, Deadline deadline);

// No value: there is none of that id, or no table of jobs. Reads only.
Result<std::optional<Job>> read_job(postgres::Connection& connection, const std::string& id, Deadline deadline);

// Claims a job for this session, and returns it with its new epoch; the first claim creates it. One that is over is
// returned as it is. `own_epoch`: what this process had claimed before it lost its session; 0: nothing. `held` while
// another session that lives has it, unless `take_over`; `conflict` when the job of that id is another.
Result<Job> claim(postgres::Connection& primary, const JobDefinition& job, const std::string& runner,
                  std::int64_t own_epoch, bool take_over, Deadline deadline);

// The lease of a claimed job.
struct Lease {
  std::string id;
  std::int64_t epoch = 0;
};

// Begins a batch's transaction: READ COMMITTED, with the job's row locked, `lock_timeout` and a limit for a runner that
// stands still. `conflict`, and no transaction is open, when the epoch is another. A job that is on hold is returned
// with `hold`, and no transaction is open.
Result<Job> begin_batch(postgres::Connection& primary, const Lease& lease, Duration lock_timeout, Deadline deadline);
// Moves the cursor, counts, and commits. `unknown`: read_job tells whether it was committed.
Result<void> commit_batch(postgres::Connection& primary, const Lease& lease, const Position& to, std::int64_t changed,
                          std::int64_t skipped, Deadline deadline);
// The same outside of a batch, where nothing is changed, such as the beginning of another pass. `conflict` as above.
Result<void> move_to(postgres::Connection& primary, const Lease& lease, const Position& to, Deadline deadline);

// What slows it, for people; with it the job is seen to live. Returns it. `conflict` as above.
Result<Job> note(postgres::Connection& primary, const Lease& lease, const std::string& now, Deadline deadline);
// Ends the lease: `over`, or stopped with what is said in `now`. Nothing happens when another has claimed it.
Result<void> release(postgres::Connection& primary, const Lease& lease, bool over, const std::string& now,
                     Deadline deadline);

// Has an earlier pass left out this row?
Result<bool> is_skipped(postgres::Connection& primary, const Lease& lease, const std::string& table,
                        const std::string& key, Deadline deadline);
// Keeps a row that is left out, within a batch's transaction. False: it was kept already, by an earlier pass.
Result<bool> skip_row(postgres::Connection& primary, const Lease& lease, const std::string& table,
                      const std::string& key, const Error& error, Deadline deadline);

// A person's wish, by the command line. False: there is no such job, or it is over.
Result<bool> hold_job(postgres::Connection& primary, const std::string& id, bool hold, Deadline deadline);
// Batches aim at that duration from the next one on; no value: at what the runbook says.
Result<bool> pace_job(postgres::Connection& primary, const std::string& id, std::optional<Duration> target,
                      Deadline deadline);

// How far a job is, for people: cheap, without counting a table.

struct Progress {
  std::string table;
  std::int64_t changed = 0;  // rows, in all
  std::int64_t skipped = 0;
  int pass = 1;
  std::int64_t walked = 0;  // units of this pass
  std::int64_t all = 0;     // that it has, about
  // Since this runner began the pass:
  double seconds = 0;
  std::int64_t changed_since = 0;
  std::int64_t walked_since = 0;
  std::string slowed;  // by what; empty: nothing
  bool over = false;
};

// "ci.jobs: 12000 rows changed, 3400 rows/s, 12.3 % of pass 1, 12m left, slowed: ...". What was waited for counts.
std::string in_words(const Progress& progress);

// "45s", "12m", "3.5h", "50.2d": as exactly as an estimate is.
std::string about(Duration time);

}  // namespace pgcleave::data
