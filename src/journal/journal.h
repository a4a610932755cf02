// The durable record of runs: one SQLite file, append-only, each event carrying the hash of the one before. The only user of
// SQLite. Never kept in the databases that are being split. One writer per run; any number of readers meanwhile.
//
// hash = sha256(previous hash + "\n" + run + "\n" + at_us + "\n" + type + "\n" + data), over the whole file, in order of seq.
#pragma once

#include <cstdint>
#include <memory>
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

class Journal {
 public:
  // Creates file (mode 0600) and missing folders. `invalid` when the path is no journal, is damaged, read-only, owned by
  // another user or of a newer format. Triggers in the file refuse UPDATE and DELETE.
  // `invalid`, too, when the file has gone and its log is left: a new file would take up the old one's log, and spoil both.
  static Result<Journal> open(const std::string& path, Deadline deadline);
  // The same, of one that must be there, as for whoever takes up a run: `not_ready` when there is no file.
  static Result<Journal> open_existing(const std::string& path, Deadline deadline);
  // For status, log, runs: never writes, never blocks the writer. `not_ready` when there is no file.
  static Result<Journal> open_to_read(const std::string& path, Deadline deadline);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  // An error here means: no further effect may follow. A failed write or fsync is never retried and trusted: the journal is
  // closed to writing for the rest of the process.
  Result<Event> append(const std::string& run, const std::string& type, const Json& data, Durability durability);

  [[nodiscard]] Result<std::vector<Event>> events(const std::string& run, std::int64_t after_seq = 0) const;
  [[nodiscard]] Result<std::vector<Event>> events_of_type(const std::string& type) const;  // of all runs, by seq
  // `failed` naming the first event that does not fit.
  [[nodiscard]] Result<void> verify_chain() const;
  [[nodiscard]] Result<std::string> head() const;  // the last event's hash; "" when empty
  [[nodiscard]] const std::string& path() const;

 private:
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// At most one process acts on a split: an exclusive flock on <journal>.<split>.lock, which the kernel gives back when the
// process dies. `held` with pid, run and since-when of the holder, which the file tells.
class SplitLock {
 public:
  static Result<SplitLock> take(const std::string& journal_path, const std::string& split, const std::string& run);
  SplitLock(SplitLock&&) noexcept;
  SplitLock& operator=(SplitLock&&) noexcept;
  ~SplitLock();
  // Does a live process hold it? For status.
  static bool is_held(const std::string& journal_path, const std::string& split);

 private:
  explicit SplitLock(int fd);
  int fd_ = -1;
};

// <letter>-<UTC date>-<time>-<4 random hexadecimal digits>: r a run, h a rehearsal, c a check, s a signature.
std::string new_id(const std::string& letter);
inline std::string new_run_id() {
  return new_id("r");
}

}  // namespace pgcleave::journal
