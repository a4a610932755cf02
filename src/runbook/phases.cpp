#include "runbook/phases.h"

#include "base/format.h"
#include "runbook/params.h"
#include "runbook/step_line.h"
#include "runbook/template.h"
#include "runbook/values.h"

namespace pgcleave::runbook {
namespace {

// A phase whose steps are still to be read.
struct Unread {
  explicit Unread(PhaseKind kind) : phase(kind) {}
  Phase phase;
  std::vector<const config::Node*> steps;
};

void check_positive(config::Place at, const std::string& text, const std::string& where, config::Problems& problems) {
  const auto budget = parse_duration(text);
  if (!budget) {
    problems.add(at, fmt::format("{}: {}", where, budget.error().what), "write " + budget.error().expected);
  } else if (*budget == Duration::zero()) {
    problems.add(at, fmt::format("{} must be longer than nothing", where),
                 "write the longest time that clients may wait, such as 5s");
  }
}

void check_budget(const config::Node& node, const Known& known, config::Problems& problems) {
  if (!references(Json(node.text)) || node.text.find("${") == std::string::npos) {
    check_positive(node.at, node.text, "budget", problems);
    return;
  }
  const auto reference = sole_reference(node.text);
  if (!reference || reference->object != "params") {
    problems.add(node.at, "budget must be a duration or one ${params.x}", "write a duration such as 5s");
    return;
  }
  known.check_references(node);
  const auto* param = find(known.params(), reference->name);
  if (param == nullptr) return;
  if (param->type != Type::duration) {
    problems.add(node.at, fmt::format("budget must be of type duration, but ${{params.{}}} is of type {}", param->name,
                                      name_of(param->type)));
  } else if (param->fallback.is_string()) {
    check_positive(node.at, param->fallback.get<std::string>(),
                   fmt::format("the default of ${{params.{}}}, the budget,", param->name), problems);
  }
}

Unread read_list(config::Fields& fields, const std::string& key, PhaseKind kind) {
  Unread out(kind);
  out.steps = fields.list(key);
  return out;
}

Unread read_window(config::Fields& parent, PhaseKind kind, const Known& known, config::Problems& problems) {
  Unread out(kind);
  const auto& name = out.phase.name;
  const auto* node = parent.map("window");
  if (node == nullptr) return out;
  config::Fields fields(*node, name, node->at, problems);
  if (const auto* budget = fields.required("budget")) {
    out.phase.budget = read_text(budget->value, "budget", problems).value_or("");
    if (budget->value.kind == config::Node::Kind::scalar) check_budget(budget->value, known, problems);
  }
  out.steps = fields.required_list("steps");
  fields.finish();
  if (const auto* steps = node->entry("steps");
      steps != nullptr && steps->value.kind == config::Node::Kind::list && out.steps.empty()) {
    problems.add(steps->value.at, fmt::format("{} has no steps", name), "leave the window out or add steps");
  }
  return out;
}

void announce(const std::vector<Unread>& phases, Known& known) {
  for (const auto& phase : phases) {
    for (const auto* step : phase.steps) {
      const auto* id = step->entry("id");
      if (id != nullptr && id->value.kind == config::Node::Kind::scalar) known.announce(id->value.text, id->value.at);
    }
  }
}

}  // namespace

std::vector<Phase> read_phases(config::Fields& top, Known& known, config::Problems& problems) {
  std::vector<Unread> unread;
  unread.push_back(read_list(top, "prepare", PhaseKind::prepare));
  unread.push_back(read_list(top, "gate", PhaseKind::gate));
  unread.push_back(read_window(top, PhaseKind::window, known, problems));
  unread.push_back(read_list(top, "verify", PhaseKind::verify));
  if (const auto* node = top.map("rollback")) {
    config::Fields rollback(*node, "rollback", node->at, problems);
    unread.push_back(read_list(rollback, "prepare", PhaseKind::rollback_prepare));
    unread.push_back(read_list(rollback, "gate", PhaseKind::rollback_gate));
    unread.push_back(read_window(rollback, PhaseKind::rollback_window, known, problems));
    unread.push_back(read_list(rollback, "then", PhaseKind::rollback_then));
    rollback.finish();
  }
  announce(unread, known);
  std::vector<Phase> phases;
  for (auto& [phase, steps] : unread) {
    for (const auto* node : steps) {
      if (problems.full()) return phases;
      phase.steps.push_back(read_step(*node, known, problems));
      known.passed(phase.steps.back().id, known.kind(phase.steps.back().uses));
    }
    if (!steps.empty()) phases.push_back(std::move(phase));
  }
  return phases;
}

}  // namespace pgcleave::runbook
