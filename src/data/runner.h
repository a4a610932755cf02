// Walks a table to its end and changes its rows: claims the job, goes on where its cursor stands, batch after batch at
// its pace, and lets go of it. A session that is lost, also by a failover, is opened anew, and the job goes on at the
// exact row. What was changed is never changed twice: each batch moves the cursor in its own transaction.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "data/batch.h"
#include "data/pace.h"
#include "data/task.h"

namespace pgcleave::data {

// Whom the runner asks, and who it is.
struct Surroundings {
  // The session with the leader, opened anew where it was lost. It is used by nobody else meanwhile.
  std::function<Result<postgres::Connection*>(Deadline)> leader;
  // Another session, from which the job is looked after (brake.h); empty: it is not.
  Brake::Session beside = nullptr;
  std::string runner;              // for people: "ops@db1"
  bool take_over = false;          // also from a runner that lives
  const StopFlag* stop = nullptr;  // heeded between two batches
  Deadline deadline = Deadline::in(std::chrono::hours(24 * 365));
  std::function<void(const std::string&)> tell;  // how far it is; may be empty
  Duration patience = std::chrono::minutes(5);   // with a leader that can't be reached
};

class Runner {
 public:
  Runner(Task task, Surroundings around);

  // To the end: the job as it stands then. `interrupted` and `timed_out`: stopped between two batches. The job can be
  // claimed again after every error.
  Result<Job> run();

 private:
  Result<Job> run_session(postgres::Connection& primary);
  Result<Job> walk(postgres::Connection& primary, const Job& job);
  Result<void> walk_pass(postgres::Connection& primary);
  Result<void> begin_pass(postgres::Connection& primary);
  Result<void> walk_leaf(postgres::Connection& primary, const Leaf& leaf);
  Result<void> next_batch(postgres::Connection& primary, const Batch& batch, std::int64_t size);
  Result<void> bad_row(postgres::Connection& primary, const Error& why, const Batch& batch, std::int64_t size);
  [[nodiscard]] Result<void> may_go_on() const;
  Result<void> heed_throttle(postgres::Connection& primary);
  Result<void> wait_while_held(postgres::Connection& primary);
  Result<std::unique_ptr<Walk>> open_walk(postgres::Connection& primary, const Leaf& leaf);
  void done(const BatchEnd& end, const Batch& batch, std::int64_t size, Duration took);
  void run_between(postgres::Connection& primary, bool at_end);
  void tell_progress(bool over);
  [[nodiscard]] std::int64_t size() const;

  Task task_;
  Surroundings around_;
  Lease lease_;
  Table table_;
  Position at_;
  std::int64_t changed_ = 0;
  std::int64_t skipped_ = 0;
  std::optional<Pace> pace_;
  std::string row_name_;
  std::int64_t all_ = 0;  // units of the pass, about
  // While a row that PostgreSQL refuses is looked for: batches of this size, until so many units lie behind.
  std::int64_t narrow_ = 0;
  std::int64_t narrow_left_ = 0;
  int cut_in_a_row_ = 0;
  std::string slowed_;
  Brake brake_;
  Monotonic::time_point began_;
  Monotonic::time_point told_;
  Monotonic::time_point between_;
  std::int64_t walked_before_ = 0;
  std::int64_t changed_before_ = 0;
};

}  // namespace pgcleave::data
