// The durable record of runs: one SQLite file, append-only, each event carrying the hash of the one before. The only
// user of SQLite. Never kept in the databases that are being split. One writer per run; any number of readers
// meanwhile.
//
// All that touches the file is done by a thread of the journal, in order: a file system that hangs (frozen, a dead NFS
// server) holds up that thread, and whoever called goes on at its deadline. What was to be written by then stays
// queued, and is written, with the time at which it happened, when the file system answers.
//
// hash = sha256(previous hash + "\n" + run + "\n" + at_us + "\n" + type + "\n" + data), over the whole file, in order
// of seq.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/json.h"
#include "base/result.h"

namespace pgcleave::journal {

struct Event {
  std::int64_t seq = 0;
  std::string run;           // "r-20261121-194426-a1b2"
  std::int64_t at_us = 0;    // wall clock
  std::int64_t mono_us = 0;  // monotonic clock of the machine, for durations within one boot
  std::string type;          // docs/journal.md lists them
  Json data;
  std::string hash;
};

// What no clock tells is damage, and read as 0: microseconds from 0 to the end of the year 9999.
std::int64_t plausible_us(std::int64_t us);

enum class Durability {
  disk,     // on disk when append returns (synchronous FULL): survives power loss
  process,  // in the operating system's hands: survives the death of this process; the next `disk` event takes it along
};

// An event on its way to the file.
struct Queued {
  Event event;  // without seq and hash
  struct Answer;
  std::shared_ptr<Answer> answer;
  std::uint64_t job = 0;
};

class SplitHold;

class Journal {
 public:
  // Creates file (mode 0600) and missing folders. `invalid` when the path is no journal, is damaged, read-only, owned
  // by another user or of a newer format. Triggers in the file refuse UPDATE and DELETE. `invalid`, too, when the file
  // has gone and its log is left: a new file would replay the old one's log, and spoil both.
  static Result<Journal> open(const std::string& path, Deadline deadline);
  // The same, of one that must be there, as for whoever resumes a run: `not_ready` when there is no file.
  static Result<Journal> open_existing(const std::string& path, Deadline deadline);
  // For status, log, runs: never writes, never blocks the writer. `not_ready` when there is no file.
  static Result<Journal> open_to_read(const std::string& path, Deadline deadline);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  // An error here means: no further effect may follow. A failed write or fsync is never retried and trusted: the
  // journal is closed to writing for the rest of the process. An event that another process's lock kept out was not
  // written.
  Result<Event> append(const std::string& run, const std::string& type, const Json& data, Durability durability);
  // The same in two parts, for who must not wait. Queued, an event is written after all before it: also after nobody
  // waits for it, and also where another process's lock keeps it out for a while.
  Queued submit(const std::string& run, const std::string& type, const Json& data, Durability durability);
  // Written; or refused; or kept out by a lock, and still queued (timed_out). No value: no answer by the deadline,
  // still queued.
  [[nodiscard]] std::optional<Result<Event>> written(const Queued& queued, Deadline by) const;
  // How many events are queued; those are lost when this process ends. Waits for them; false: not all by the deadline.
  [[nodiscard]] std::size_t unwritten() const;
  [[nodiscard]] bool await_written(Deadline by) const;
  // Sits the journal's thread in a call that nothing ends? Then this process can't end either.
  [[nodiscard]] bool is_in_kernel() const;

  // Holds a split for this process: SplitLock::take() by the journal's thread, so that all that is queued is written
  // while it is held, and it is given back after that. `held`: by another process. No answer by the deadline: not held
  // yet, and what is queued from now on is written after it is, or never if another process holds it then. `gone`: a
  // process that has died may still hold it while the kernel keeps it in a call; it is waited for.
  Result<SplitHold> hold(const std::string& split, const std::string& run, Deadline by, int gone = 0);

  [[nodiscard]] Result<std::vector<Event>> events(const std::string& run, std::int64_t after_seq = 0) const;
  [[nodiscard]] Result<std::vector<Event>> events_by(Deadline by, const std::string& run) const;
  [[nodiscard]] Result<std::vector<Event>> events_of_type(const std::string& type) const;  // of all runs, by seq
  // `failed` naming the first event that does not fit.
  [[nodiscard]] Result<void> verify_chain() const;
  [[nodiscard]] Result<std::string> head() const;  // the last event's hash; "" when empty
  [[nodiscard]] const std::string& path() const;

 private:
  struct State;
  enum class Opening { or_create, existing, to_read };
  static Result<Journal> opened(const std::string& path, Opening opening, Deadline deadline);
  // `patient`: a lock of another process is waited for as long as it lasts.
  Queued submit(const std::string& run, const std::string& type, const Json& data, Durability durability, bool patient);
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// At most one process acts on a split: an exclusive flock on <journal>.<split>.lock, which the kernel releases when
// the process dies. `held` with pid, run and since-when of the holder, which the file tells.
class SplitLock {
 public:
  // `gone`: a process that has died; what it still holds is waited for.
  static Result<SplitLock> take(const std::string& journal_path, const std::string& split, const std::string& run,
                                int gone = 0);
  SplitLock(SplitLock&&) noexcept;
  SplitLock& operator=(SplitLock&&) noexcept;
  ~SplitLock();
  // Does a live process hold it? For status.
  static bool is_held(const std::string& journal_path, const std::string& split);

 private:
  explicit SplitLock(int fd);
  int fd_ = -1;
};

class SplitHold {
 public:
  SplitHold(SplitHold&&) noexcept;
  SplitHold& operator=(SplitHold&&) noexcept;
  ~SplitHold();
  // False: not yet.
  [[nodiscard]] bool is_held() const;

 private:
  friend class Journal;
  struct State;
  explicit SplitHold(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// <letter>-<UTC date>-<time>-<4 random hex digits>: r a run, h a rehearsal, c a check, s a signature, v a comparison.
std::string new_id(const std::string& letter);
inline std::string new_run_id() {
  return new_id("r");
}

}  // namespace pgcleave::journal
