#include "engine/plan.h"

#include <algorithm>

#include "engine/effects.h"
#include "engine/readable.h"
#include "runbook/expressions.h"

namespace pgcleave::engine {
namespace {

// What the steps before it would have told.
void put_placeholders(Json& scope, const runbook::StepLine& line, const steps::StepKind& kind, const Json& facts) {
  auto& known = scope[line.id];
  if (!known.is_object()) known = Json::object();
  for (const auto& fact : kind.description.facts) {
    const auto real = facts.find(fact.name);
    if (real != facts.end() && !real->is_null()) {
      known[fact.name] = *real;
    } else if (!known.contains(fact.name)) {
      known[fact.name] = "<" + line.id + "." + fact.name + ">";
    }
  }
}

// A fact that is still to come stands for itself, as <step.fact>.
bool waits_for_a_fact(const Json& with) {
  return std::any_of(with.begin(), with.end(), [](const Json& value) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string();
    return text.starts_with('<') && text.ends_with('>') && text.find('.') != std::string::npos;
  });
}

PlannedStep plan_step(const runbook::Phase& phase, const runbook::StepLine& line, Json& scope, steps::World& world, DryRunEffects& effects,
                      bool& clouded) {
  PlannedStep planned{phase.name, line.id, line.uses, "pending", "", {}, Json::object()};
  const auto* kind = steps::find(line.uses);
  const auto with = runbook::resolve(line.with, scope);
  if (kind == nullptr || !with) {
    planned.state = "unknown";
    planned.evidence = kind == nullptr ? "no such step kind" : with.error().text();
    return planned;
  }
  if (!line.when.empty()) {
    if (const auto holds = runbook::evaluate_condition(line.when, scope); holds && !*holds) {
      planned.state = "skipped";
      planned.evidence = "not: " + line.when;
      put_placeholders(scope, line, *kind, Json::object());
      return planned;
    }
  }
  steps::Context context{world, line.id, *with, Deadline::in(std::chrono::seconds(5)), nullptr};
  const auto seen = readable(line.id, [&] { return kind->observe(context); });
  Json facts = Json::object();
  if (seen) {
    planned.state = name_of(seen->state);
    planned.evidence = seen->evidence;
    planned.before = seen->before;
    facts = seen->facts;
  } else {
    planned.evidence = seen.error().text();
    if (!waits_for_a_fact(*with)) planned.unseen = seen.error();
  }
  // From the window on, or from a promotion on, what is seen now says nothing: the steps before will have changed it.
  const bool telling = !clouded && !waits_for_a_fact(*with);
  const bool adopted = telling && planned.state == "done";
  planned.foreign = planned.state == "foreign";
  if (!telling) {
    planned.state = "later";
    // What a rollback would give up now is worth knowing, although it is not begun now.
    if (!planned.foreign && !(kind->description.meaning.gives_up && !kind->description.meaning.changes)) planned.evidence.clear();
  }
  if (kind->description.meaning.changes && !adopted) {
    const auto announced = readable(line.id, [&] { return kind->apply(context, planned.before); });
    if (!announced && telling) planned.evidence += (planned.evidence.empty() ? "" : "; ") + announced.error().text();
    if (announced && announced->is_object()) facts = *announced;
    planned.effects = effects.take();
  }
  put_placeholders(scope, line, *kind, facts);
  clouded = clouded || (kind->description.meaning.promotes && !adopted);
  return planned;
}

}  // namespace

std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, steps::World& world) {
  bool clouded = phase.is_window;
  return plan_phase(phase, scope, world, clouded);
}

std::vector<PlannedStep> plan_phase(const runbook::Phase& phase, Json& scope, steps::World& world, bool& clouded) {
  DryRunEffects effects;
  auto* open = world.effects;
  world.effects = &effects;
  std::vector<PlannedStep> steps;
  for (const auto& line : phase.steps) steps.push_back(plan_step(phase, line, scope, world, effects, clouded));
  world.effects = open;
  return steps;
}

std::vector<PlannedStep> plan(const runbook::Runbook& runbook, const Json& scope, steps::World& world, bool rollback) {
  Json known = scope;
  bool clouded = rollback;
  std::vector<PlannedStep> all;
  // The way back refers to facts of the way forth.
  for (const auto& phase : runbook.phases) {
    for (const auto& line : phase.steps) {
      const auto* kind = steps::find(line.uses);
      if (rollback && !phase.is_rollback() && kind != nullptr) put_placeholders(known, line, *kind, Json::object());
    }
    if (phase.is_rollback() != rollback) continue;
    clouded = clouded || phase.is_window;
    for (auto& step : plan_phase(phase, known, world, clouded)) all.push_back(std::move(step));
  }
  return all;
}

}  // namespace pgcleave::engine
