// Writes a run's events and keeps its live record in step with them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/record.h"
#include "journal/journal.h"

namespace pgcleave::engine {

// Called before and after each durable write and each effect, by name; tests inject crashes and lost replies here. Null
// in the program that people use.
using FaultPoint = void (*)(const std::string& point);

class Recorder {
 public:
  Recorder(journal::Journal& journal, std::string run, RunRecord record, FaultPoint point);

  // An error means that no further effect may begin; while traffic must be brought back (`must_go_on`) it is said once
  // and passed over, since clients wait. A file system that does not answer is no error inside a window: the record is
  // written when it does, before all that comes after it.
  Result<void> write(const std::string& type, const Json& data);
  // What must be written before something is done: no answer in time is an error, and nothing may be done.
  Result<void> announce(const std::string& type, const Json& data);
  // The same, and it is on disk when it returns, whatever the mode.
  Result<void> write_to_disk(const std::string& type, const Json& data);

  // Inside a window records go to the operating system only: they survive the death of this process; the one before the
  // point of no return is on disk again, and takes along all before it. `until`: what has not been announced by then is
  // not waited for.
  void inside_window(bool inside, std::optional<Deadline> until = {}) {
    durability_ = inside ? journal::Durability::process : journal::Durability::disk;
    until_ = until;
  }
  void must_go_on(bool on) {
    if (on && !must_go_on_) complained_ = false;
    must_go_on_ = on;
  }
  // Did the journal not take a record? Then an error of a step may be the journal's, and says nothing of what the step
  // did.
  [[nodiscard]] bool lost_a_record() const { return lost_a_record_; }

  void fault(const std::string& point) const {
    if (fault_ != nullptr) fault_(point);
  }
  [[nodiscard]] const RunRecord& record() const { return record_; }
  [[nodiscard]] const std::string& run() const { return run_; }
  [[nodiscard]] journal::Journal& journal() { return journal_; }

  // Called with each record: this process is at work. May be empty.
  std::function<void()> when_recording;

 private:
  enum class Need { soon, before_more };
  Result<void> append(const std::string& type, const Json& data, journal::Durability durability, Need need);
  [[nodiscard]] Deadline patience(journal::Durability durability, Need need) const;
  Result<void> go_on_without(const journal::Event& event, const Error& error, bool queued, bool may_be_late);

  journal::Journal& journal_;
  std::string run_;
  RunRecord record_;
  FaultPoint fault_;
  journal::Durability durability_ = journal::Durability::disk;
  std::optional<Deadline> until_;
  bool must_go_on_ = false;
  bool gave_up_ = false;  // waiting for a file system that did not answer
  bool complained_ = false;
  bool lost_a_record_ = false;
};

}  // namespace pgcleave::engine
