#include "engine/phase_runner.h"

#include <algorithm>

#include "base/deadline.h"
#include "base/format.h"
#include "steps/parameters.h"

namespace pgcleave::engine {
namespace {

// Shows something, makes a window shorter, or is of no use to a rollback. Never what tells which rows are given up, nor
// who decides on it.
bool can_be_spared(const runbook::Traits& traits) {
  return traits.spared || (!traits.changes && !traits.gives_up && !traits.waits_for_person);
}

// Past the point of no return a check that fails is told, not obeyed: going on is what is left.
bool may_be_passed_over(const runbook::StepLine& line) {
  const auto& traits = kind_of(line).description.traits;
  return (!traits.changes || steps::may_be_missed(line.uses)) && !traits.waits_for_person;
}

Error interrupted(Error error) {
  error.kind = ErrorKind::interrupted;
  return error;
}

}  // namespace

PhaseRunner::PhaseRunner(RunState& run, StepRunner& steps) : run_(run), steps_(steps) {}

Result<void> PhaseRunner::run_steps(const runbook::Phase& phase) {
  gate_rejected_ = false;
  for (const auto& line : phase.steps) {
    if (run_.stop.requested())
      return fail({ErrorKind::interrupted, line.id, "was asked to stop before this step", "", "", "", ""});
    auto done = [&] {
      const HeededStop heeded(&run_.stop);
      return steps_.run_with_retries(line);
    }();
    if (done) continue;
    const auto why = done.error().kind;
    gate_rejected_ = why == ErrorKind::interrupted && kind_of(line).description.traits.waits_for_person;
    // A wait that was given up for it says so in words of its own; what it waited for is inspected by `resume`.
    if (run_.stop.requested() && (why == ErrorKind::unknown || why == ErrorKind::timed_out))
      done = fail(interrupted(done.error()));
    if (!run_.is_past_window(direction_of(phase)) || !may_be_passed_over(line) ||
        done.error().kind == ErrorKind::interrupted)
      return done;
    if (run_.output.warn) run_.output.warn(fmt::format("  {}: {}", line.id, done.error().text()));
    TRY(run_.recorder.write("check.missed", {{"step", line.id}, {"text", done.error().text()}}));
  }
  return {};
}

// What `verify` has settled stays so. Whether it still holds is for the rollback's own checks, which refuse and change
// nothing; done again here, it would fail as a step that can't be finished.
bool PhaseRunner::is_proven(const runbook::StepLine& line) const {
  const auto& steps = run_.record().steps;
  const auto known = steps.find(line.id);
  return known != steps.end() && known->second.is_done();
}

Result<void> PhaseRunner::prove_rollback() {
  const auto* verify = run_.phase(runbook::PhaseKind::verify);
  if (verify == nullptr || run_.is_past_window(Direction::back)) return {};
  auto proofs = *verify;
  auto& lines = proofs.steps;
  lines.erase(std::find_if(lines.begin(), lines.end(),
                           [](const auto& line) { return kind_of(line).description.traits.waits_for_person; }),
              lines.end());
  std::erase_if(lines, [&](const auto& line) { return kind_of(line).description.traits.routes || is_proven(line); });
  if (run_.record().emergency) TRY(leave_out(proofs));
  if (!lines.empty() && run_.output.say) run_.output.say("verify, since the rollback needs it");
  return run_steps(proofs);
}

// Told and written down, each that is not settled.
Result<void> PhaseRunner::leave_out(runbook::Phase& phase) {
  auto& lines = phase.steps;
  const auto stays = [&](const auto& line) { return !can_be_spared(kind_of(line).description.traits); };
  const auto rest = std::stable_partition(lines.begin(), lines.end(), stays);
  for (auto line = rest; line != lines.end(); ++line) {
    const auto& steps = run_.record().steps;
    const auto known = steps.find(line->id);
    if (known != steps.end() && (known->second.is_done() || known->second.status == StepStatus::skipped)) continue;
    if (run_.output.warn) run_.output.warn(fmt::format("  {:<22} left out, by --emergency", line->id));
    TRY(run_.recorder.write("step.skipped", {{"step", line->id}, {"condition", left_out_by_emergency}}));
  }
  lines.erase(rest, lines.end());
  return {};
}

Result<void> PhaseRunner::run(const runbook::Phase& phase) {
  auto lines = phase;
  const bool spare =
      run_.record().emergency && phase.is_rollback() && !phase.is_window && !run_.is_past_window(Direction::back);
  if (spare) TRY(leave_out(lines));
  return run_steps(lines);
}

std::string PhaseRunner::what_was_left_out() const {
  std::string ids;
  for (const auto& [id, step] : run_.record().steps) {
    if (step.status == StepStatus::skipped && step.spared) ids += (ids.empty() ? "" : ", ") + id;
  }
  return ids.empty() ? "" : "; by --emergency without " + ids;
}

}  // namespace pgcleave::engine
