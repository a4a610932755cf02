// Resumes an earlier run in the direction that it had, or rolls it back: finds the run that is meant, judges whether
// there is anything to do, and acts on it (below).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/acted.h"
#include "app/approve.h"
#include "app/meant_run.h"
#include "engine/run.h"
#include "runbook/change.h"

namespace pgcleave::app {

// An earlier run that is resumed: by a person (resume, rollback) or by its guard.

enum class Way { on, back, settle };  // settle: only bring clients back where a window was left open

// What was asked of it.
struct Asked {
  bool back = false;
  bool take_over = false;         // of a run that another host works on
  bool emergency = false;         // back without proofs
  std::vector<std::string> gone;  // bouncers that are out of service
};

// All that acting on it needs, opened while nothing is locked or written yet.
class ResumedRun {
 public:
  // `gone`: bouncers that are out of service, which the environment file names no more. `invalid` when it names other
  // servers than the run began with, or when one of those that answer is another.
  static Result<ResumedRun> open(journal::Journal& journal, const std::string& id, const std::string& environment_file,
                                 const std::vector<std::string>& gone = {});

  [[nodiscard]] const std::string& id() const { return record_.id; }
  [[nodiscard]] const engine::RunRecord& record() const {
    return record_;
  }  // as it was when it was opened, or after act()
  [[nodiscard]] world::World& world() { return *world_; }

  // For who goes on where the journal does not answer: an event that is known from elsewhere; and the process that has
  // acted before, which is dead, though it may still hold the split's lock.
  void hear(const journal::Event& event) { record_.apply(event); }
  void outlives(int process) { dead_ = process; }

  // Connections to both sides and all bouncers, as far as they can be had.
  void warm(Deadline deadline);

  // `held` when a process works on the run, or when another run holds the split and it was not asked to take over.
  Result<Acted> act(Way way, const Asked& asked, const engine::RunOutput& speech, const Approver& approver);

 private:
  ResumedRun(journal::Journal& journal, engine::RunRecord record, runbook::Change change);
  static Result<engine::RunResult> go(Way way, engine::Run& run);
  Result<bool> read_again(Way way);  // false: the record may lack its end
  Result<journal::SplitHold> hold(Way way);

  journal::Journal* journal_;
  engine::RunRecord record_;
  std::vector<std::string> gone_;
  int dead_ = 0;
  std::string identity_;                     // of the journal, when it was opened: its file may be put elsewhere since
  std::unique_ptr<runbook::Change> change_;  // the world looks into it
  std::unique_ptr<world::World> world_;
};

// Opens it and acts on it, on or back.
Result<Acted> act_on(journal::Journal& journal, const std::string& id, const std::string& environment_file,
                     const Asked& asked, const engine::RunOutput& speech, const Approver& approver);

struct ResumeAsked {
  RunNamed run;
  std::vector<std::string> approved;  // gates, beforehand
  Asked how;                          // `back`: it is to be rolled back
};

// Either it was acted on, or it is over and there was nothing to do.
struct Resumed {
  std::optional<Acted> acted;
  std::string over;  // a sentence
};

// An error: nothing was done. `speech.again` is set here, since only the run tells its environment file.
Result<Resumed> resume(journal::Journal& journal, const ResumeAsked& asked, engine::RunOutput speech);

}  // namespace pgcleave::app
