#include "engine/step_runner.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"
#include "engine/readable.h"
#include "engine/undoer.h"
#include "runbook/expressions.h"

namespace pgcleave::engine {
namespace {

constexpr auto default_timeout = std::chrono::seconds(60);
constexpr auto no_timeout = std::chrono::hours(24 * 365);
constexpr auto inspection_timeout = std::chrono::seconds(5);
// A rollback long after a promotion was asked for need not wait for it.
constexpr std::int64_t promotion_may_come_us = 180'000'000;

Json evidence_of(const std::string& step, const steps::Observation& seen, const char* when) {
  return {{"step", step}, {"state", steps::name_of(seen.state)}, {"evidence", seen.evidence}, {"when", when}};
}

bool is_open_end(const Error& error) {
  return error.kind == ErrorKind::unknown || error.kind == ErrorKind::timed_out;
}

}  // namespace

StepRunner::StepRunner(RunState& run) : run_(run) {}

steps::Observation StepRunner::seen_on_entering(const runbook::StepLine& line) const {
  steps::Observation seen;
  seen.evidence = "as seen when the window was entered";
  if (const auto* window = run_.record().open_window(); window != nullptr)
    seen.before = object_in(window->before, line.id.c_str());
  return seen;
}

// Of this run: once more, by a PATCH that nobody answered.
bool StepRunner::promotion_may_come() const {
  const auto& steps = run_.record().steps;
  return std::any_of(steps.begin(), steps.end(), [](const auto& step) {
    const auto* kind = steps::find(step.second.uses);
    if (kind == nullptr || !kind->description.traits.promotes || !step.second.is_in_doubt()) return false;
    return utc_now_us() < step.second.effect_at_us + promotion_may_come_us;
  });
}

Error StepRunner::failed(const runbook::StepLine& line, const Error& error) {
  inspected_on_entering_ = false;
  const auto outcome = is_open_end(error) ? journal::EffectOutcome::unknown : journal::EffectOutcome::failed;
  const auto written = run_.recorder.write(
      "step.failed",
      {{"step", line.id}, {"error", json_of(error)}, {"text", error.text()}, {"outcome", name_of(outcome)}});
  return written ? error : written.error();
}

Result<steps::Observation> StepRunner::inspect(const runbook::StepLine& line, steps::Context& context,
                                               const char* when) {
  auto seen = readable(line.id, [&] { return kind_of(line).observe(context); });
  if (seen) TRY(run_.recorder.write("step.observed", evidence_of(line.id, *seen, when)));
  return seen;
}

// Resolves an outcome that is unknown by inspecting.
Result<Json> StepRunner::apply(const runbook::StepLine& line, steps::Context& context, const steps::Observation& seen) {
  const auto& kind = kind_of(line);
  run_.effects.for_step(line.id, false, context.deadline);
  auto outputs = readable(line.id, [&] { return kind.apply(context, seen.before); });
  const bool in_doubt = !outputs && is_open_end(outputs.error());
  if (!outputs && !in_doubt) return outputs;
  if (outputs && kind.looks_itself && run_.record().open_window() != nullptr) return outputs;
  // In a window, until ownership is taken, an inspection gets no more time than the step had: undo inspects too.
  const auto* window = run_.record().open_window();
  const bool clients_wait = window != nullptr && !window->taken && !kind.description.traits.takes;
  // A process says that it is paused as soon as it was asked to. One that waited until the time was up is not, and its
  // error names who held server connections.
  const bool still_held = !outputs && kind.description.traits.pauses && context.deadline.passed();
  context.deadline = clients_wait ? context.deadline.for_one_read() : Deadline::in(inspection_timeout);
  auto after = inspect(line, context, "after");
  if (!outputs) {
    if (after && after->state == steps::State::done && !still_held) return after->outputs;
    return outputs;
  }
  if (!after) return fail(after.error());
  if (after->state == steps::State::done || !after->lasting) return outputs;
  Error error{ErrorKind::failed, line.id, "was applied, but does not show", "done", after->evidence, "", ""};
  if (after->state == steps::State::conflict) error.kind = ErrorKind::conflict;
  return fail(error);
}

// The step as this run has begun it already, unless that was undone.
std::optional<StepRecord> StepRunner::began_before(const std::string& id) const {
  const auto& steps = run_.record().steps;
  const auto known = steps.find(id);
  if (known == steps.end() || known->second.intents == 0 || known->second.status == StepStatus::undone) return {};
  return known->second;
}

// What was checked of a standby can't be seen of a primary. A promotion that this run began, and whose end it does not
// know, is inspected.
bool StepRunner::promoted_after(const runbook::StepLine& line) {
  for (const auto& phase : run_.definition.phases) {
    if (phase.is_window) continue;
    bool after = false;
    for (const auto& other : phase.steps) {
      if (after && kind_of(other).description.traits.promotes && came_true(other)) return true;
      after = after || other.id == line.id;
    }
  }
  return false;
}

bool StepRunner::came_true(const runbook::StepLine& line) {
  const auto& steps = run_.record().steps;
  const auto known = steps.find(line.id);
  if (known == steps.end()) return false;
  if (known->second.is_done()) return true;
  // Not one whose undo failed: what had led to it may have been undone.
  const auto status = known->second.status;
  if (status != StepStatus::begun && status != StepStatus::waiting && status != StepStatus::failed) return false;
  const auto began = began_before(line.id);
  if (!began || began->effects == 0) return false;
  const auto with = runbook::resolve_with(line, kind_of(line).description, run_.scope());
  if (!with) return false;
  steps::Context context{run_.world, line.id, *with, Deadline::in(inspection_timeout), &run_.stop, &began->before};
  const auto seen = inspect(line, context, "before");
  return seen && seen->state == steps::State::done;
}

// What a step could not do, and went on without. Before the step is told as done, so that a death between the two loses
// nothing; once only.
Result<void> StepRunner::tell_missed(const runbook::StepLine& line, const Json& outputs) {
  for (const auto& output : kind_of(line).description.outputs) {
    if (!output.missed) continue;
    for (const auto& sentence : list_in(outputs, output.name.c_str())) {
      const auto text = sentence.get<std::string>();
      const auto& known = run_.record().misses;
      if (std::find(known.begin(), known.end(), text) != known.end()) continue;
      if (run_.output.warn) run_.output.warn(fmt::format("  {}: {}", line.id, text));
      TRY(run_.recorder.write("check.missed", {{"step", line.id}, {"text", text}}));
    }
  }
  return {};
}

// Of a step that was skipped: the environment file may have been corrected since.
bool StepRunner::condition_is_true_now(const runbook::StepLine& line, const StepRecord& record) const {
  if (record.status != StepStatus::skipped || line.when.empty() || record.spared) return false;
  const auto is_true = runbook::evaluate_condition(line.when, run_.scope());
  return is_true && *is_true;
}

// Past the window what is settled stays so. Before it everything is inspected again, since time has passed: checks,
// gates, and whether what was prepared is still there. What was left out by its condition is, as long as that is false.
bool StepRunner::is_settled(const runbook::StepLine& line) {
  const auto& record = run_.record();
  const auto known = record.steps.find(line.id);
  if (known == record.steps.end()) return false;
  if (!known->second.is_done() && known->second.status != StepStatus::skipped) return false;
  if (run_.is_past_window(record.direction()) && !condition_is_true_now(line, known->second)) return true;
  return !kind_of(line).description.traits.changes && promoted_after(line);
}

Result<bool> StepRunner::skip_by_condition(const runbook::StepLine& line) {
  if (line.when.empty()) return false;
  const auto is_true = runbook::evaluate_condition(line.when, run_.scope());
  if (!is_true) return fail(failed(line, is_true.error()));
  if (*is_true) return false;
  TRY(run_.recorder.write("step.skipped", {{"step", line.id}, {"condition", line.when}}));
  return true;
}

Error StepRunner::found_conflict(const runbook::StepLine& line, const steps::Observation& seen) const {
  const auto& record = run_.record();
  const bool only_on = run_.is_past_window(record.direction()) || record.rolling_back ||
                       rollback_blocker(record, run_.definition).has_value();
  const auto command = run_.recorder.run() + run_.output.again;
  return {ErrorKind::conflict,
          line.id + " (" + line.uses + ")",
          "finds something that this run did not do",
          "",
          seen.evidence,
          only_on ? "look at what was found and put it right; then: pgcleave resume " + command
                  : "look at what was found and put it right, or undo this run with: pgcleave rollback " + command,
          ""};
}

// What this run began itself, before it died or lost an answer, is its own: undo must know of it.
Result<void> StepRunner::adopt(const runbook::StepLine& line, const steps::Observation& seen,
                               const std::optional<StepRecord>& earlier) {
  if (earlier && earlier->status == StepStatus::done) return {};
  TRY(tell_missed(line, seen.outputs));
  TRY(run_.recorder.write(earlier ? "step.done" : already_applied_event,
                          {{"step", line.id}, {"evidence", seen.evidence}, {outputs_field, seen.outputs}}));
  if (run_.output.say) run_.output.say(fmt::format("  {:<22} {}", line.id, "ok: " + seen.evidence));
  return {};
}

// Undo goes back to what was before the run's first try, not before this one.
Result<void> StepRunner::begin(const runbook::StepLine& line, steps::Context& context, const steps::Observation& seen,
                               const std::optional<StepRecord>& earlier, Monotonic::time_point began) {
  const Json intent{{"step", line.id},
                    {"uses", line.uses},
                    {"with", context.with},
                    {"before", earlier ? earlier->before : seen.before}};
  const bool takes = kind_of(line).description.traits.takes;
  TRY(takes ? run_.recorder.write_to_disk("step.intent", intent) : run_.recorder.write("step.intent", intent));
  context.began_with = &intent.at("before");
  const auto outputs = apply(line, context, seen);
  if (!outputs) return fail(failed(line, outputs.error()));
  TRY(tell_missed(line, *outputs));
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  TRY(run_.recorder.write("step.done", {{"step", line.id}, {outputs_field, *outputs}, {"ms", milliseconds(took)}}));
  if (run_.output.say) run_.output.say(fmt::format("  {:<22} {:>9}", line.id, to_text(took)));
  return {};
}

Result<void> StepRunner::run(const runbook::StepLine& line, Deadline limit, const StopFlag* stop) {
  if (is_settled(line)) return {};
  const auto& kind = kind_of(line);
  const auto began = Monotonic::now();
  TRY_ASSIGN(const bool skipped, skip_by_condition(line));
  if (skipped) return {};
  const auto with = runbook::resolve_with(line, kind.description, run_.scope());
  if (!with) return fail(failed(line, with.error()));
  const auto usual = kind.description.traits.job ? Duration(no_timeout) : Duration(default_timeout);
  const auto deadline = limit.or_earlier(Deadline::in(line.timeout.value_or(usual)));
  const auto earlier = began_before(line.id);
  steps::Context context{run_.world, line.id, *with, deadline, stop, earlier ? &earlier->before : nullptr};
  context.in_doubt = promotion_may_come();
  if (run_.record().open_window() == nullptr && kind.prepare != nullptr) {
    if (const auto prepared = readable(line.id, [&] { return kind.prepare(context); }); !prepared)
      return fail(failed(line, prepared.error()));
  }
  const auto seen = inspected_on_entering_ && kind.looks_itself ? Result<steps::Observation>(seen_on_entering(line))
                                                                : inspect(line, context, "before");
  if (!seen) return fail(failed(line, seen.error()));
  switch (seen->state) {
    case steps::State::conflict: return fail(failed(line, found_conflict(line, *seen)));
    case steps::State::done: return adopt(line, *seen, earlier);
    case steps::State::pending: break;
  }
  return begin(line, context, *seen, earlier, began);
}

Result<void> StepRunner::run_with_retries(const runbook::StepLine& line) {
  for (int left = line.retries;; --left) {
    const auto done = run(line, Deadline::in(no_timeout), &run_.stop);
    const bool again = !done && (done.error().kind == ErrorKind::failed || is_open_end(done.error()));
    if (done || left <= 0 || !again) return done;
    if (run_.output.warn) run_.output.warn(fmt::format("  {}: {}; trying again", line.id, done.error().text()));
    if (!sleep_until(Deadline::in(std::chrono::seconds(1)), std::chrono::seconds(1), &run_.stop)) return done;
  }
}

}  // namespace pgcleave::engine
