#include "engine/plan.h"

#include <algorithm>
#include <utility>

#include "engine/effects.h"
#include "engine/readable.h"
#include "runbook/expressions.h"

namespace pgcleave::engine {
namespace {

// What the steps before it would have told.
void put_placeholders(Json& scope, const runbook::StepLine& line, const steps::StepKind& kind, const Json& outputs) {
  auto& known = scope[line.id];
  if (!known.is_object()) known = Json::object();
  for (const auto& output : kind.description.outputs) {
    const auto real = outputs.find(output.name);
    if (real != outputs.end() && !real->is_null()) {
      known[output.name] = *real;
    } else if (!known.contains(output.name)) {
      known[output.name] = "<" + line.id + "." + output.name + ">";
    }
  }
}

// An output that is still to come stands for itself, as <step.output>.
bool waits_for_a_fact(const Json& with) {
  return std::any_of(with.begin(), with.end(), [](const Json& value) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string();
    return text.starts_with('<') && text.ends_with('>') && text.find('.') != std::string::npos;
  });
}

PlannedState planned_as(steps::State state) {
  switch (state) {
    case steps::State::pending: return PlannedState::pending;
    case steps::State::done: return PlannedState::done;
    case steps::State::conflict: return PlannedState::conflict;
  }
  return PlannedState::pending;
}

// What it shows already, for the steps after it; empty where it can't be inspected.
Json inspect_now(PlannedStep& planned, const steps::StepKind& kind, steps::Context& context) {
  const auto seen = readable(planned.id, [&] { return kind.observe(context); });
  if (!seen) {
    planned.evidence = seen.error().text();
    if (!waits_for_a_fact(context.with)) planned.unseen = seen.error();
    return Json::object();
  }
  planned.state = planned_as(seen->state);
  planned.evidence = seen->evidence;
  planned.before = seen->before;
  return seen->outputs;
}

void foretell(PlannedStep& planned, const steps::StepKind& kind, steps::Context& context) {
  auto lines = readable(planned.id, [&] { return kind.foretell(context); });
  if (lines) planned.foretold = std::move(*lines);
  if (lines) return;
  auto error = lines.error();
  const auto hint = std::exchange(error.hint, "");
  planned.foretold = {"it could not be tried: " + error.text()};
  if (!hint.empty()) planned.foretold.push_back("  " + hint);
}

PlannedStep plan_step(const runbook::Phase& phase, const runbook::StepLine& line, Json& scope, world::World& world,
                      DryRunEffects& effects, bool& clouded) {
  PlannedStep planned{phase.kind, line.id, line.uses, PlannedState::pending, "", {}, Json::object()};
  const auto* kind = steps::find(line.uses);
  const auto with = runbook::resolve(line.with, scope);
  if (kind == nullptr || !with) {
    planned.state = PlannedState::unknown;
    planned.evidence = kind == nullptr ? "no such step kind" : with.error().text();
    return planned;
  }
  if (!line.when.empty()) {
    if (const auto holds = runbook::evaluate_condition(line.when, scope); holds && !*holds) {
      planned.state = PlannedState::skipped;
      planned.evidence = "not: " + line.when;
      put_placeholders(scope, line, *kind, Json::object());
      return planned;
    }
  }
  steps::Context context{world, line.id, *with, Deadline::in(std::chrono::seconds(5)), nullptr};
  auto outputs = inspect_now(planned, *kind, context);
  // From the window on, or from a promotion on, what is seen now says nothing: the steps before will have changed it.
  const bool telling = !clouded && !waits_for_a_fact(*with);
  const bool already_applied = telling && planned.state == PlannedState::done;
  const auto& traits = kind->description.traits;
  planned.conflict = planned.state == PlannedState::conflict;
  if (!telling) {
    planned.state = PlannedState::later;
    // What a rollback would give up now is worth knowing, although it is not begun now.
    if (!planned.conflict && (!traits.gives_up || traits.changes)) planned.evidence.clear();
  }
  if (traits.changes && !already_applied) {
    const auto announced = readable(line.id, [&] { return kind->apply(context, planned.before); });
    if (!announced && telling) planned.evidence += (planned.evidence.empty() ? "" : "; ") + announced.error().text();
    if (announced && announced->is_object()) outputs = *announced;
    planned.effects = effects.take();
    if (telling && kind->foretell != nullptr) foretell(planned, *kind, context);
  }
  put_placeholders(scope, line, *kind, outputs);
  clouded = clouded || (traits.promotes && !already_applied);
  return planned;
}

}  // namespace

const char* name_of(PlannedState state) {
  switch (state) {
    case PlannedState::pending: return "pending";
    case PlannedState::done: return "done";
    case PlannedState::conflict: return "conflict";
    case PlannedState::skipped: return "skipped";
    case PlannedState::unknown: return "unknown";
    case PlannedState::later: return "later";
  }
  return "";
}

std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, world::World& world) {
  bool clouded = phase.is_window;
  return plan_phase(phase, scope, world, clouded);
}

std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, world::World& world, bool& clouded) {
  DryRunEffects effects;
  auto* open = world.effects;
  world.effects = &effects;
  std::vector<PlannedStep> steps;
  for (const auto& line : phase.steps) steps.push_back(plan_step(phase, line, scope, world, effects, clouded));
  world.effects = open;
  return steps;
}

std::vector<PlannedStep> plan(const runbook::Runbook& runbook, const Json& scope, world::World& world,
                              Direction direction) {
  Json known = scope;
  const bool back = direction == Direction::back;
  bool clouded = back;
  std::vector<PlannedStep> all;
  // A rollback refers to outputs of the steps forward.
  for (const auto& phase : runbook.phases) {
    for (const auto& line : phase.steps) {
      const auto* kind = steps::find(line.uses);
      if (back && !phase.is_rollback() && kind != nullptr) put_placeholders(known, line, *kind, Json::object());
    }
    if (direction_of(phase) != direction) continue;
    clouded = clouded || phase.is_window;
    for (auto& step : plan_phase(phase, known, world, clouded)) all.push_back(std::move(step));
  }
  return all;
}

}  // namespace pgcleave::engine
