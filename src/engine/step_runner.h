// One step: inspect; already applied? done. Conflict? stop. Else intent > apply > inspect > outcome. Each
// is recorded as it happens.
#pragma once

#include <optional>
#include <string>

#include "engine/run_state.h"

namespace pgcleave::engine {

class StepRunner {
 public:
  explicit StepRunner(RunState& run);

  // `limit`: the step has its own timeout, and not longer than until then. `stop`: null where nothing may stop it.
  // What is settled already is not done again. An error that is returned has been recorded.
  Result<void> run(const runbook::StepLine& line, Deadline limit, const StopFlag* stop);
  // As often as the line says, a second apart. Outside windows only.
  Result<void> run_with_retries(const runbook::StepLine& line);

  // A window inspects all its steps when it is entered, some milliseconds ago, and clients wait. Until a step fails,
  // one whose apply inspects by itself is not inspected again before.
  void trust_inspection(bool trust) { inspected_on_entering_ = trust; }

 private:
  [[nodiscard]] bool is_settled(const runbook::StepLine& line);
  Result<bool> skip_by_condition(const runbook::StepLine& line);
  Result<void> adopt(const runbook::StepLine& line, const steps::Observation& seen,
                     const std::optional<StepRecord>& earlier);
  Result<void> begin(const runbook::StepLine& line, steps::Context& context, const steps::Observation& seen,
                     const std::optional<StepRecord>& earlier, Monotonic::time_point began);
  Result<steps::Observation> inspect(const runbook::StepLine& line, steps::Context& context, const char* when);
  Result<Json> apply(const runbook::StepLine& line, steps::Context& context, const steps::Observation& seen);
  [[nodiscard]] steps::Observation seen_on_entering(const runbook::StepLine& line) const;
  [[nodiscard]] std::optional<StepRecord> began_before(const std::string& id) const;
  [[nodiscard]] bool condition_is_true_now(const runbook::StepLine& line, const StepRecord& record) const;
  [[nodiscard]] bool promotion_may_come() const;
  bool promoted_after(const runbook::StepLine& line);
  bool came_true(const runbook::StepLine& line);
  [[nodiscard]] Error found_conflict(const runbook::StepLine& line, const steps::Observation& seen) const;
  Result<void> tell_missed(const runbook::StepLine& line, const Json& outputs);
  Error failed(const runbook::StepLine& line, const Error& error);

  RunState& run_;
  bool inspected_on_entering_ = false;
};

}  // namespace pgcleave::engine
