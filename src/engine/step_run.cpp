// One step: observe > adopt, or intent > apply > observe > outcome.
#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "base/units.h"
#include "engine/irreversible.h"
#include "engine/readable.h"
#include "engine/run.h"

namespace pgcleave::engine {
namespace {

constexpr auto default_timeout = std::chrono::seconds(60);
constexpr auto look_timeout = std::chrono::seconds(5);
constexpr std::int64_t long_after_us = 180'000'000;

Json evidence_of(const std::string& step, const steps::Observation& seen, const char* when) {
  return {{"step", step}, {"state", steps::name_of(seen.state)}, {"evidence", seen.evidence}, {"when", when}};
}

}  // namespace

// A window looked at all its steps when it was entered, some milliseconds ago, and clients wait. As long as nothing went wrong since,
// a step whose apply looks by itself needs no other look before.
Result<steps::Observation> Run::seen_on_entering(const runbook::StepLine& line) const {
  steps::Observation seen;
  seen.evidence = "as seen when the window was entered";
  if (const auto* window = recorder_.record().open_window(); window != nullptr) seen.before = object_in(window->before, line.id.c_str());
  return seen;
}

// Whoever goes back long after need not wait for it.
bool Run::promotion_may_come() const {
  const auto& steps = recorder_.record().steps;
  return std::any_of(steps.begin(), steps.end(), [](const auto& step) {
    const auto* kind = steps::find(step.second.uses);
    if (kind == nullptr || !kind->description.meaning.promotes || !step.second.is_in_doubt()) return false;
    return utc_now_us() < step.second.effect_at_us + long_after_us;
  });
}

Error Run::failed(const runbook::StepLine& line, const Error& error) {
  just_looked_ = false;
  const char* outcome = error.kind == ErrorKind::unknown || error.kind == ErrorKind::timed_out ? "unknown" : "failed";
  const auto written =
      recorder_.write("step.failed", {{"step", line.id}, {"error", json_of(error)}, {"text", error.text()}, {"outcome", outcome}});
  return written ? error : written.error();
}

Result<steps::Observation> Run::look(const runbook::StepLine& line, const steps::StepKind& kind, steps::Context& context,
                                     const char* when) {
  auto seen = readable(line.id, [&] { return kind.observe(context); });
  if (seen) TRY(recorder_.write("step.observed", evidence_of(line.id, *seen, when)));
  return seen;
}

// Applies, and resolves an outcome that is not known by looking.
Result<Json> Run::act(const runbook::StepLine& line, const steps::StepKind& kind, steps::Context& context, const steps::Observation& seen) {
  effects_.for_step(line.id, false, context.deadline);
  auto facts = readable(line.id, [&] { return kind.apply(context, seen.before); });
  const bool in_doubt = !facts && (facts.error().kind == ErrorKind::unknown || facts.error().kind == ErrorKind::timed_out);
  if (!facts && !in_doubt) return facts;
  if (facts && kind.looks_itself && recorder_.record().open_window() != nullptr) return facts;
  // In a window, until ownership is taken, a look gets no more time than the step had: undo looks too.
  const auto* window = recorder_.record().open_window();
  const bool clients_wait = window != nullptr && !window->taken && !kind.description.meaning.takes;
  // A process says that it is paused as soon as it was asked to. One that waited until the time was up is not, and its error names
  // who held server connections.
  const bool still_held = !facts && kind.description.meaning.pauses && context.deadline.passed();
  context.deadline = clients_wait ? context.deadline.for_a_look() : Deadline::in(look_timeout);
  auto after = look(line, kind, context, "after");
  if (!facts) {
    if (after && after->state == steps::State::done && !still_held) return after->facts;
    return facts;
  }
  if (!after) return fail(after.error());
  if (after->state == steps::State::done || !after->lasting) return facts;
  Error error{ErrorKind::failed, line.id, "was applied, but does not show", "done", after->evidence, "", ""};
  if (after->state == steps::State::foreign) error.kind = ErrorKind::foreign;
  return fail(error);
}

// The step as this run has begun it already, unless that was undone.
std::optional<StepRecord> Run::began_before(const std::string& id) const {
  const auto& steps = recorder_.record().steps;
  const auto known = steps.find(id);
  if (known == steps.end() || known->second.intents == 0 || known->second.status == StepStatus::undone) return {};
  return known->second;
}

// What was checked of a standby can't be seen of a primary. A promotion that this run began, and whose end it does not know, is looked at.
bool Run::promoted_after(const runbook::StepLine& line) {
  for (const auto& phase : runbook_.phases) {
    if (phase.is_window) continue;
    bool after = false;
    for (const auto& other : phase.steps) {
      if (after && kind(other).description.meaning.promotes && came_true(other)) return true;
      after = after || other.id == line.id;
    }
  }
  return false;
}

bool Run::came_true(const runbook::StepLine& line) {
  const auto& steps = recorder_.record().steps;
  const auto known = steps.find(line.id);
  if (known == steps.end()) return false;
  if (known->second.status == StepStatus::done || known->second.status == StepStatus::adopted) return true;
  // Not one whose undo failed: what had led to it may have been undone.
  const auto status = known->second.status;
  if (status != StepStatus::begun && status != StepStatus::waiting && status != StepStatus::failed) return false;
  const auto began = began_before(line.id);
  if (!began || began->effects == 0) return false;
  const auto with = runbook::resolve_with(line, kind(line).description, scope());
  if (!with) return false;
  steps::Context context{world_, line.id, *with, Deadline::in(look_timeout), &stop_, &began->before};
  const auto seen = look(line, kind(line), context, "before");
  return seen && seen->state == steps::State::done;
}

// What a step could not do, and went on without. Before the step is told as done, so that a death between the two loses nothing; once only.
Result<void> Run::tell_missed(const runbook::StepLine& line, const Json& facts) {
  for (const auto& fact : kind(line).description.facts) {
    if (!fact.missed) continue;
    for (const auto& sentence : list_in(facts, fact.name.c_str())) {
      const auto text = sentence.get<std::string>();
      const auto& known = recorder_.record().misses;
      if (std::find(known.begin(), known.end(), text) != known.end()) continue;
      if (talk_.warn) talk_.warn(fmt::format("  {}: {}", line.id, text));
      TRY(recorder_.write("check.missed", {{"step", line.id}, {"text", text}}));
    }
  }
  return {};
}

bool Run::holds_now(const runbook::StepLine& line, const StepRecord& record) const {
  if (record.status != StepStatus::skipped || line.when.empty() || record.note == left_out_by_emergency) return false;
  const auto holds = runbook::evaluate_condition(line.when, scope());
  return holds && *holds;
}

Result<void> Run::step(const runbook::StepLine& line, Deadline limit, const StopFlag* stop) {
  const auto& step_kind = kind(line);
  const auto& meaning = step_kind.description.meaning;
  const auto& record = recorder_.record();
  if (const auto known = record.steps.find(line.id); known != record.steps.end()) {
    const auto status = known->second.status;
    const bool settled = status == StepStatus::done || status == StepStatus::adopted || status == StepStatus::skipped;
    // Past the window what is settled stays so. Before it everything is looked at again, since time has passed: checks,
    // gates, and whether what was prepared is still there. What was left out by its condition is, as long as it does
    // not hold: the environment file may have been corrected.
    if (settled && taken(record.rolling_back) && !holds_now(line, known->second)) return {};
    if (settled && !meaning.changes && promoted_after(line)) return {};
  }
  const auto began = Monotonic::now();
  if (!line.when.empty()) {
    const auto holds = runbook::evaluate_condition(line.when, scope());
    if (!holds) return fail(failed(line, holds.error()));
    if (!*holds) return recorder_.write("step.skipped", {{"step", line.id}, {"condition", line.when}});
  }
  const auto with = runbook::resolve_with(line, step_kind.description, scope());
  if (!with) return fail(failed(line, with.error()));
  const auto deadline = limit.or_earlier(Deadline::in(line.timeout.value_or(default_timeout)));
  const auto earlier = began_before(line.id);
  steps::Context context{world_, line.id, *with, deadline, stop, earlier ? &earlier->before : nullptr};
  context.in_doubt = promotion_may_come();
  if (!recorder_.record().open_window() && step_kind.prepare != nullptr) {
    if (const auto prepared = readable(line.id, [&] { return step_kind.prepare(context); }); !prepared)
      return fail(failed(line, prepared.error()));
  }
  const auto seen = just_looked_ && step_kind.looks_itself ? seen_on_entering(line) : look(line, step_kind, context, "before");
  if (!seen) return fail(failed(line, seen.error()));
  if (seen->state == steps::State::foreign) {
    return fail(failed(
        line, {ErrorKind::foreign, line.id + " (" + line.uses + ")", "finds something that this run did not do", "", seen->evidence,
               taken(record.rolling_back) || record.rolling_back || rollback_blocker(record, runbook_)
                   ? "look at what was found and put it right; then: pgcleave resume " + recorder_.run() + talk_.again
                   : "look at what was found and put it right, or undo this run with: pgcleave rollback " + recorder_.run() + talk_.again,
               ""}));
  }
  if (seen->state == steps::State::done && earlier && earlier->status == StepStatus::done) return {};
  if (seen->state == steps::State::done) {
    TRY(tell_missed(line, seen->facts));
    // What this run began itself, before it died or lost an answer, is its own: undo must know of it.
    TRY(recorder_.write(earlier ? "step.done" : "step.adopted", {{"step", line.id}, {"evidence", seen->evidence}, {"facts", seen->facts}}));
    if (talk_.say) talk_.say(fmt::format("  {:<22} {}", line.id, "ok: " + seen->evidence));
    return {};
  }
  // Undo goes back to what was before the run's first try, not before this one.
  const Json intent{{"step", line.id}, {"uses", line.uses}, {"with", *with}, {"before", earlier ? earlier->before : seen->before}};
  TRY(meaning.takes ? recorder_.write_to_disk("step.intent", intent) : recorder_.write("step.intent", intent));
  context.began_with = &intent.at("before");
  const auto facts = act(line, step_kind, context, *seen);
  if (!facts) return fail(failed(line, facts.error()));
  TRY(tell_missed(line, *facts));
  const auto took = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  TRY(recorder_.write("step.done", {{"step", line.id}, {"facts", *facts}, {"ms", milliseconds(took)}}));
  if (talk_.say) talk_.say(fmt::format("  {:<22} {:>9}", line.id, to_text(took)));
  return {};
}

Result<void> Run::step_with_retries(const runbook::StepLine& line) {
  for (int left = line.retries;; --left) {
    const auto done = step(line, Deadline::in(std::chrono::hours(24)), &stop_);
    const bool again = !done && (done.error().kind == ErrorKind::failed || done.error().kind == ErrorKind::timed_out ||
                                 done.error().kind == ErrorKind::unknown);
    if (done || left <= 0 || !again) return done;
    if (talk_.warn) talk_.warn(fmt::format("  {}: {}; trying again", line.id, done.error().text()));
    if (!sleep_until(Deadline::in(std::chrono::seconds(1)), std::chrono::seconds(1), &stop_)) return done;
  }
}

}  // namespace pgcleave::engine
