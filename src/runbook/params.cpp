#include "runbook/params.h"

#include <algorithm>

#include "base/format.h"
#include "config/schema.h"
#include "config/yaml.h"
#include "runbook/template.h"
#include "runbook/values.h"

namespace pgcleave::runbook {
namespace {

void read_default(const config::Node& node, RunParameter& param, config::Problems& problems) {
  const auto value = read_value(node, param.type, "default", problems);
  if (!value) return;
  const auto found = references(*value);
  if (!found || !found->empty()) {
    problems.add(node.at, "a default can't hold an expression", "write the value itself");
    return;
  }
  param.fallback = *value;
}

RunParameter read_param(const config::Entry& entry, config::Problems& problems) {
  RunParameter param;
  param.name = entry.key;
  config::Fields fields(entry.value, fmt::format("parameter {}", config::shown(entry.key)), entry.at, problems);
  const auto* type = fields.required("type");
  const auto* fallback = fields.optional("default");
  param.help = fields.text("help");
  fields.finish();
  if (type == nullptr) return param;
  const auto named = read_choice(type->value, "type", type_names(), problems);
  if (!named) return param;
  param.type = *type_named(*named);
  if (fallback != nullptr) read_default(fallback->value, param, problems);
  return param;
}

// A value of the command line as the file's reader would see it: lists and maps in YAML, all else as it stands.
Result<Json> parse_given(const RunParameter& param, const std::string& text) {
  config::Problems problems("--set " + param.name);
  std::optional<config::Node> node;
  if (param.type == Type::list || param.type == Type::map) {
    node = parse_yaml(text, problems);
  } else {
    node.emplace();
    node->kind = config::Node::Kind::scalar;
    node->text = text;
    if (config::has_control_character(text)) problems.add({}, "the value holds a control character or is not UTF-8");
  }
  if (node && problems.empty()) {
    if (auto value = read_value(*node, param.type, param.name, problems)) {
      if (problems.empty()) return *value;
    }
  }
  const auto first = problems.sorted().front();
  return fail({ErrorKind::invalid, fmt::format("parameter '{}'", param.name), first.what, name_of(param.type), "",
               first.hint, ""});
}

Result<void> check_names(const Runbook& runbook, const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const auto& param : runbook.params) names.push_back(param.name);
  for (const auto& [name, value] : given) {
    if (find(runbook.params, name) != nullptr) continue;
    return fail({ErrorKind::invalid, "runbook " + runbook.name,
                 fmt::format("there is no parameter {}", config::shown(name)), "", "",
                 names.empty() ? "the runbook has no parameters" : config::did_you_mean(name, names), ""});
  }
  return {};
}

// A budget of zero would undo every window at once; the file's reader has looked at the defaults only.
Result<void> check_budgets(const Runbook& runbook, const Json& values) {
  for (const auto& phase : runbook.phases) {
    const auto reference = sole_reference(phase.budget);
    if (!reference || !values.contains(reference->name)) continue;
    const auto budget = parse_duration(as_text(values.at(reference->name)));
    if (budget && *budget > Duration::zero()) continue;
    return fail({ErrorKind::invalid, fmt::format("parameter '{}'", reference->name),
                 "the budget of a window must be longer than nothing", "a duration such as 5s",
                 as_text(values.at(reference->name)), "", ""});
  }
  return {};
}

}  // namespace

std::vector<RunParameter> read_params(const config::Node& node, config::Problems& problems) {
  std::vector<RunParameter> params;
  for (const auto& entry : node.entries) {
    if (problems.full()) break;
    if (!config::is_word(entry.key)) {
      problems.add(entry.at, fmt::format("{} is not a name for a parameter", config::shown(entry.key)),
                   "use small letters, digits and _, a letter first, at most 63 characters");
    }
    params.push_back(read_param(entry, problems));
  }
  constexpr std::size_t most_params = 100;
  if (params.size() > most_params) {
    problems.add(node.at, fmt::format("more than {} parameters", most_params));
    params.resize(most_params);
  }
  return params;
}

const RunParameter* find(const std::vector<RunParameter>& params, const std::string& name) {
  const auto found = std::find_if(params.begin(), params.end(), [&](const auto& each) { return each.name == name; });
  return found == params.end() ? nullptr : &*found;
}

Result<Json> resolve_params(const Runbook& runbook, const std::map<std::string, std::string>& given) {
  TRY(check_names(runbook, given));
  auto values = Json::object();
  for (const auto& param : runbook.params) {
    const auto text = given.find(param.name);
    if (text != given.end()) {
      TRY_ASSIGN(values[param.name], parse_given(param, text->second));
    } else if (!param.fallback.is_null()) {
      values[param.name] = param.fallback;
    } else {
      return fail({ErrorKind::invalid, fmt::format("parameter '{}'", param.name), "has no value and no default",
                   name_of(param.type), "", fmt::format("give --set {}=VALUE", param.name), ""});
    }
  }
  TRY(check_budgets(runbook, values));
  return values;
}

}  // namespace pgcleave::runbook
