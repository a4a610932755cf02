// One execution of a runbook against the world. The driver:
//
//   forward   prepare > gate > window > verify                       run, resume
//   back      rollback.prepare > rollback.gate > rollback.window > rollback.then   rollback, resume
//
// A step: observe > already done? adopted. foreign? stop. > intent (with what undo needs) > apply > observe > outcome.
// A window: planned with the dry run, announced on disk, then run under its budget. Until ownership is taken every
// failure, ctrl-C or lost budget is undone: first what clients wait for, then the rest. After it nothing stops the tail.
// A run that died is taken up by what both sides' owners say, never by what the journal hopes (resume.cpp).
#pragma once

#include <functional>
#include <set>
#include <string>

#include "engine/effects.h"
#include "engine/exit_code.h"
#include "engine/guard_hooks.h"
#include "engine/recorder.h"
#include "engine/window_probe.h"
#include "runbook/expressions.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::engine {

// How a run talks to people. All may be empty.
struct RunOutput {
  std::function<void(const std::string&)> say;                                         // a step was done
  std::function<void(const std::string&)> warn;                                        // a miss, an undo
  std::function<void(const std::string&)> progress;                                    // how far a long step is
  std::function<std::optional<steps::Approval>(const steps::Question& question)> ask;  // empty: no terminal
  std::string again;  // what a command about this run needs besides its id, such as " -e lab.yml"
};

struct RunResult {
  ExitCode exit = ExitCode::done;
  std::string text;   // what happened, in a sentence
  std::string state;  // what is true now: who owns, do clients wait
  std::string next;   // the command to type next; may be empty
};

class Run {
 public:
  Run(runbook::Runbook runbook, Json params, steps::World& world, Recorder& recorder, StopFlag& stop, RunOutput talk, WindowProbe watch = {},
      GuardHooks guarding = {});

  RunResult forward();
  RunResult back();
  // Takes up a run that died or stopped, in the direction that it had.
  RunResult resume();
  // Brings clients back where a process that died had left a window open: undoes it, or finishes it when ownership was taken. Goes no
  // further. What a guard does.
  RunResult settle();
  // The owners of both sides, where the journal may not hold all that was done. A value: one can't be read, or it lacks its end. Asked before
  // anything is written of whoever resumes: a refusal leaves the journal as it was.
  std::optional<RunResult> owners_first();

 private:
  // run.cpp
  RunResult phases(bool rollback);
  Result<void> outside_window(const runbook::Phase& phase);
  RunResult failed_outside(const runbook::Phase& phase, const Error& error);
  RunResult failed_window(const runbook::Phase& phase, const Error& error);
  [[nodiscard]] std::string what_was_left() const;
  RunResult finish(const std::string& outcome, ExitCode exit, const std::string& text);

  // step_run.cpp
  Result<void> step(const runbook::StepLine& line, Deadline limit, const StopFlag* stop);
  Result<void> step_with_retries(const runbook::StepLine& line);
  Result<steps::Observation> look(const runbook::StepLine& line, const steps::StepKind& kind, steps::Context& context, const char* when);
  Result<Json> act(const runbook::StepLine& line, const steps::StepKind& kind, steps::Context& context, const steps::Observation& seen);
  [[nodiscard]] std::optional<StepRecord> began_before(const std::string& id) const;
  [[nodiscard]] Result<steps::Observation> seen_on_entering(const runbook::StepLine& line) const;
  Error failed(const runbook::StepLine& line, const Error& error);
  [[nodiscard]] bool holds_now(const runbook::StepLine& line,
                               const StepRecord& record) const;  // of one that was skipped
  Result<void> tell_missed(const runbook::StepLine& line, const Json& facts);

  // window.cpp
  Result<void> window(const runbook::Phase& phase);  // an error: undone if record says so, else stuck
  Result<void> until_taken(const runbook::Phase& phase, Deadline deadline, std::size_t& next);
  Result<void> tail(const runbook::Phase& phase, std::size_t from);
  Result<bool> was_taken(const runbook::StepLine& line, Deadline deadline, bool outrank);
  Result<void> enter(const runbook::Phase& phase, Duration budget, Duration reserve);
  Result<void> leave_done(const runbook::Phase& phase);

  // failover.cpp
  Result<Json> note_leaders(const runbook::Phase& phase);
  void expect_leaders(const Json& leaders);
  void tell_failovers(const runbook::Phase& phase);

  // watched.cpp
  void dismiss_guard();  // clients are served
  void begin_watch(const runbook::Phase& phase, bool clients_wait);
  Json end_watch(const runbook::Phase& phase, bool entered = true);  // null when nothing was watched

  // undo.cpp
  bool undo_window(const runbook::Phase& phase, const std::string& why);  // what clients wait for
  bool undo_rest(bool rollback);                                          // all else of this direction, last first
  bool undo_steps(const runbook::Phase* only, bool rollback, bool urgent);
  bool undo_step(const std::string& id);
  Result<void> may_undo(bool rollback);  // an error: it would destroy what nobody gave up; nothing was undone
  void note_waiting(const Error& error);

  // holding.cpp
  std::optional<RunResult> begin_acting();  // a value: this process may not
  Result<void> hold_split();
  Result<void> outrank_on(steps::Side& side, Deadline deadline);
  Result<void> still_ours();
  void let_go();

  // incomplete_journal.cpp
  void now_knows_all();  // once both sides are signed, and what was open is settled

  // rollback_phases.cpp
  Result<void> prove_rollback();
  Result<runbook::Phase> lines_of(const runbook::Phase& phase);
  Result<void> leave_out(runbook::Phase& phase);
  [[nodiscard]] std::string what_was_left_out() const;

  // resume.cpp
  RunResult way_back();
  // A window that a dead process left open. No value: settled, go on.
  std::optional<RunResult> settle_window();
  // Ownership was passed, and the journal says nothing of it: what it lacks can't be undone. No value: it is not so, go on.
  std::optional<RunResult> lacks_its_end();
  Result<bool> take_was_passed(const runbook::StepLine& take);
  void assume_begun(const runbook::Phase& phase);
  bool undo_left_over();

  // describe_state.cpp
  std::string serving();  // who may write the moved tables now: source, target, both, nobody or unknown
  std::string describe_state(const std::string& serves);  // the same for people, and whether clients get through
  [[nodiscard]] Json scope() const;
  [[nodiscard]] bool taken(bool rollback) const;
  [[nodiscard]] bool fresh() const;                    // nothing was changed yet in this run
  [[nodiscard]] bool promotion_may_come() const;       // once more, by a PATCH that nobody answered
  bool promoted_after(const runbook::StepLine& line);  // by a later step of its phase
  bool came_true(const runbook::StepLine& line);       // a step that this run began: as the journal knows, else as is seen
  [[nodiscard]] const runbook::Phase* phase_of(const std::string& name) const;
  [[nodiscard]] static const steps::StepKind& kind(const runbook::StepLine& line);

  runbook::Runbook runbook_;
  Json params_;
  steps::World& world_;
  Recorder& recorder_;
  JournaledEffects effects_;
  StopFlag& stop_;
  RunOutput talk_;
  WindowProbe watch_;
  GuardHooks guarding_;
  bool watching_ = false;
  Duration last_seen_ours_{};       // time_since_boot()
  std::optional<Error> outranked_;  // somebody has taken over
  std::set<std::string> signed_sides_;
  bool just_looked_ = false;  // in a window that this process entered, and nothing went wrong since
};

}  // namespace pgcleave::engine
