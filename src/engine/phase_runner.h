// The phases outside windows, step after step. Which steps a rollback goes through, once ownership was passed: all that
// its window needs, and what clients can spare the time for.
#pragma once

#include <string>

#include "engine/run_state.h"
#include "engine/step_runner.h"

namespace pgcleave::engine {

class PhaseRunner {
 public:
  PhaseRunner(RunState& run, StepRunner& steps);

  // Past the point of no return a check that fails is recorded as missed and is no error. In an emergency nothing comes
  // before a rollback's window that it can do without.
  Result<void> run(const runbook::Phase& phase);
  // What a rollback needs must stand before it begins. A run that stopped while verifying is verified first, up to the
  // first gate: asking for the rollback has answered that. What it has settled is left as it is, and so are checks of
  // where clients land, since a rollback leads them away.
  Result<void> prove_rollback();
  // "; by --emergency without a, b", by id; "" where nothing was left out.
  [[nodiscard]] std::string what_was_left_out() const;
  // Did the last error come from a gate that a person rejected?
  [[nodiscard]] bool gate_was_rejected() const { return gate_rejected_; }

 private:
  Result<void> run_steps(const runbook::Phase& phase);
  Result<void> leave_out(runbook::Phase& phase);
  [[nodiscard]] bool is_proven(const runbook::StepLine& line) const;

  RunState& run_;
  StepRunner& steps_;
  bool gate_rejected_ = false;
};

}  // namespace pgcleave::engine
