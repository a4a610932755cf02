#include "runbook/step_line.h"

#include <algorithm>

#include "base/format.h"
#include "config/schema.h"
#include "runbook/params.h"
#include "runbook/template.h"
#include "runbook/values.h"

namespace pgcleave::runbook {
namespace {

bool is_written_as_text(Type type) {
  return type != Type::integer && type != Type::boolean && type != Type::list && type != Type::map;
}

// Reads what a step takes in `with`.
class WithReader {
 public:
  WithReader(const std::string& step, const Known& known, config::Problems& problems)
      : step_(step), known_(known), problems_(problems) {}

  Json read(const config::Node* with, const StepDescription& kind, config::Place at) {
    auto out = Json::object();
    if (with != nullptr) {
      for (const auto& entry : with->entries) {
        if (problems_.full()) return out;
        read_entry(entry, kind, out);
      }
    }
    for (const auto& parameter : kind.parameters) {
      if (with != nullptr && with->entry(parameter.name) != nullptr) continue;
      if (!parameter.fallback.is_null()) {
        out[parameter.name] = parameter.fallback;
      } else if (parameter.required) {
        problems_.add(
            at, fmt::format("step {}: {} needs the parameter '{}'", config::shown(step_), kind.kind, parameter.name),
            fmt::format("it is of type {}: {}", name_of(parameter.type), parameter.help));
      }
    }
    return out;
  }

 private:
  void read_entry(const config::Entry& entry, const StepDescription& kind, Json& out) {
    const auto parameter = std::find_if(kind.parameters.begin(), kind.parameters.end(),
                                        [&](const auto& p) { return p.name == entry.key; });
    if (parameter == kind.parameters.end()) {
      std::vector<std::string> names;
      for (const auto& each : kind.parameters) names.push_back(each.name);
      problems_.add(entry.at, fmt::format("{} has no parameter {}", kind.kind, config::shown(entry.key)),
                    names.empty() ? "it has no parameters" : config::did_you_mean(entry.key, names));
      return;
    }
    known_.check_references(entry.value);
    if (auto value = read_parameter(entry.value, *parameter)) out[entry.key] = std::move(*value);
  }

  std::optional<Json> read_parameter(const config::Node& node, const Parameter& parameter) {
    if (node.kind == config::Node::Kind::scalar) {
      const auto found = references(Json(node.text));
      if (!found) return std::nullopt;  // reported by check_references
      if (!found->empty()) return read_expression(node, parameter, *found);
    }
    const auto name = fmt::format("parameter '{}'", parameter.name);
    auto value = read_value(node, parameter.type, name, problems_);
    if (value && parameter.type == Type::text && !parameter.choices.empty()) {
      if (!read_choice(node, name, parameter.choices, problems_)) return std::nullopt;
    }
    return value;
  }

  std::optional<Json> read_expression(const config::Node& node, const Parameter& parameter,
                                      const std::vector<Reference>& found) {
    if (!sole_reference(node.text)) {
      if (!is_written_as_text(parameter.type)) {
        problems_.add(node.at, fmt::format("parameter '{}' must be of type {}, not text around an expression",
                                           parameter.name, name_of(parameter.type)));
      }
    } else if (found.front().object == "params") {
      check_type(node, parameter, find(known_.params(), found.front().name));
    } else if (found.front().object == "env" && parameter.type != Type::text) {
      problems_.add(node.at, fmt::format("parameter '{}' must be of type {}, but ${{env.{}}} is text", parameter.name,
                                         name_of(parameter.type), found.front().name));
    }
    return Json(node.text);
  }

  void check_type(const config::Node& node, const Parameter& parameter, const RunParameter* given) {
    if (given == nullptr || given->type == parameter.type) return;
    if (parameter.type == Type::text && is_written_as_text(given->type)) return;
    problems_.add(node.at, fmt::format("parameter '{}' must be of type {}, but ${{params.{}}} is of type {}",
                                       parameter.name, name_of(parameter.type), given->name, name_of(given->type)));
  }

  const std::string& step_;
  const Known& known_;
  config::Problems& problems_;
};

std::optional<Duration> read_timeout(const config::Node& node, config::Problems& problems) {
  const auto value = read_value(node, Type::duration, "timeout", problems);
  if (!value) return std::nullopt;
  const auto timeout = parse_duration(value->get<std::string>());
  if (*timeout > Duration::zero()) return *timeout;
  problems.add(node.at, "timeout must be longer than nothing", "write a duration such as 30s");
  return std::nullopt;
}

int read_retries(const config::Node& node, config::Problems& problems) {
  constexpr std::int64_t most = 100;
  const auto value = read_integer(node, "retries", problems);
  if (!value) return 0;
  if (*value >= 0 && *value <= most) return static_cast<int>(*value);
  problems.add(node.at, fmt::format("retries can't be {}", *value), fmt::format("write a number from 0 to {}", most));
  return 0;
}

std::string read_when(const config::Node& node, const Known& known, config::Problems& problems) {
  const auto text = read_text(node, "when", problems);
  if (!text) return "";
  if (const auto checked = check_condition(*text); !checked) {
    problems.add(node.at, checked.error());
  } else {
    known.check_references(node);
  }
  return *text;
}

std::vector<std::string> kinds_of(const Vocabulary& vocabulary) {
  std::vector<std::string> kinds;
  for (const auto& step : vocabulary) kinds.push_back(step.kind);
  return kinds;
}

const StepDescription* read_kind(const config::Node& node, const Known& known, config::Problems& problems) {
  const auto uses = read_text(node, "uses", problems);
  const auto* kind = uses ? known.kind(*uses) : nullptr;
  if (!uses || kind != nullptr) return kind;
  const auto hint = config::did_you_mean(*uses, kinds_of(known.vocabulary()));
  problems.add(node.at, fmt::format("there is no kind of step {}", config::shown(*uses)),
               hint.empty() ? "pgcleave steps lists all kinds" : hint);
  return nullptr;
}

}  // namespace

StepLine read_step(const config::Node& node, const Known& known, config::Problems& problems) {
  StepLine step;
  step.at = problems.position(node.at);
  const auto* id = node.entry("id");
  if (id != nullptr && id->value.kind == config::Node::Kind::scalar) step.id = id->value.text;
  config::Fields fields(node, step.id.empty() ? "a step" : fmt::format("step {}", config::shown(step.id)), node.at,
                        problems);
  step.id = fields.required_text("id");
  const auto* uses = fields.required("uses");
  const auto* with = fields.map("with");
  if (const auto* timeout = fields.optional("timeout")) step.timeout = read_timeout(timeout->value, problems);
  if (const auto* retries = fields.optional("retries")) step.retries = read_retries(retries->value, problems);
  if (const auto* when = fields.optional("when")) step.when = read_when(when->value, known, problems);
  fields.finish();
  if (uses == nullptr) return step;
  const auto* kind = read_kind(uses->value, known, problems);
  if (kind == nullptr) return step;
  step.uses = kind->kind;
  step.written_as = uses->value.text;
  step.with = WithReader(step.id, known, problems).read(with, *kind, with != nullptr ? with->at : node.at);
  return step;
}

}  // namespace pgcleave::runbook
