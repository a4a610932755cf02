// Two sessions with a leader: one that builds, which may take hours, and one that watches it and can cancel it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/units.h"
#include "postgres/connection.h"

namespace pgcleave::data {

struct BuildSurroundings {
  // A new session with the leader.
  std::function<Result<postgres::Connection>(Deadline)> open;
  const StopFlag* stop = nullptr;  // what is under way is cancelled
  Deadline deadline = Deadline::in(std::chrono::hours(24 * 365));
  std::function<void(const std::string&)> tell;  // how far it is; may be empty
  Bytes memory{};                                // maintenance_work_mem; zero: the server's
  std::int64_t workers = -1;                     // max_parallel_maintenance_workers; -1: the server's
  std::string settings;                          // more of the session that builds: "SET ..."
  // Why what is under way has to be cancelled now; asked once a second. `waiting` is the error then. May be empty.
  std::function<std::optional<std::string>()> hold;
  // How far the session with this pid is, in words; empty text: not known. Without it: of an index.
  std::function<Result<std::string>(postgres::Connection&, int)> progress;
};

class BuildSession {
 public:
  explicit BuildSession(BuildSurroundings around) : around_(std::move(around)) {}

  // Opened anew where it was lost.
  Result<postgres::Connection*> watcher();

  // One statement that may take long and can't be in a transaction. A stop and the deadline cancel it, and are the
  // error then. `unknown`: the session was lost, and the server may still be at it.
  Result<postgres::Rows> run(const std::string& sql);

  // A short statement that waits for a lock of a table at most a tenth of a second, so that clients queue behind it no
  // longer, again and again until it has it. Several statements are one transaction. `cleaning_up`: until then, also
  // after a stop.
  Result<postgres::Rows> run_politely(const std::string& sql, std::optional<Deadline> cleaning_up = {});

  // `interrupted`, `timed_out`.
  [[nodiscard]] Result<void> rest(Duration nap) const;
  // Once a second at most.
  void tell(const std::string& text);

 private:
  Result<postgres::Connection*> worker();
  // Cancels what is under way, and returns `why`; its answer where it was done before the request came.
  Result<postgres::Rows> cancelled(postgres::Connection& session, const Error& why);
  void tell_progress();

  BuildSurroundings around_;
  std::optional<postgres::Connection> worker_;
  std::optional<postgres::Connection> watcher_;
  int worker_pid_ = 0;
  Monotonic::time_point told_;
};

}  // namespace pgcleave::data
