#include "runbook/known.h"

#include <algorithm>

#include "base/format.h"
#include "config/schema.h"

namespace pgcleave::runbook {
namespace {

template <class Container, class Name>
std::vector<std::string> names_in(const Container& all, Name name) {
  std::vector<std::string> names;
  for (const auto& each : all) names.push_back(name(each));
  return names;
}

std::string reference_in_words(const Reference& reference) {
  return fmt::format("${{{}.{}}}", reference.object, reference.name);
}

}  // namespace

const std::vector<std::string>& environment_values() {
  static const std::vector<std::string> names{"name",         "class",        "source_scope",
                                              "target_scope", "source_route", "target_route"};
  return names;
}

Known::Known(const Vocabulary& vocabulary, std::vector<RunParameter> params, config::Problems& problems)
    : vocabulary_(vocabulary), params_(std::move(params)), problems_(problems) {
  for (const auto& step : vocabulary) {
    kinds_.emplace(step.kind, &step);
    if (!step.earlier_kind.empty()) kinds_.emplace(step.earlier_kind, &step);
  }
}

const StepDescription* Known::kind(const std::string& name) const {
  const auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : found->second;
}

void Known::announce(const std::string& id, config::Place at) {
  if (!config::is_word(id) || id == "params" || id == "env") {
    problems_.add(at, fmt::format("{} is not an id for a step", config::shown(id)),
                  "use small letters, digits and _, a letter first, at most 63 characters; params and env are taken");
    return;
  }
  const auto [first, fresh] = announced_.emplace(id, at);
  if (!fresh) {
    problems_.add(at, fmt::format("the id '{}' is given twice", id),
                  fmt::format("the first is at {}", problems_.position(first->second).text()));
  }
}

void Known::check_references(const config::Node& node) const {
  for (const auto& item : node.items) check_references(item);
  for (const auto& entry : node.entries) check_references(entry.value);
  if (node.kind != config::Node::Kind::scalar) return;
  const auto found = references(Json(node.text));
  if (!found) {
    problems_.add(node.at, found.error());
    return;
  }
  for (const auto& reference : *found) {
    if (problems_.full()) return;
    check(node.at, reference);
  }
}

void Known::check(config::Place at, const Reference& reference) const {
  if (reference.object != "params" && reference.object != "env") return check_fact(at, reference);
  const bool is_param = reference.object == "params";
  const auto names = is_param ? names_in(params_, [](const auto& each) { return each.name; }) : environment_values();
  if (std::find(names.begin(), names.end(), reference.name) != names.end()) return;
  problems_.add(at,
                fmt::format("{}: there is no {} {}", reference_in_words(reference),
                            is_param ? "parameter" : "environment value", config::shown(reference.name)),
                names.empty() ? "declare it under params" : config::did_you_mean(reference.name, names));
}

void Known::check_fact(config::Place at, const Reference& reference) const {
  const auto step = earlier_.find(reference.object);
  if (step == earlier_.end()) {
    const auto later = announced_.find(reference.object);
    if (later != announced_.end()) {
      problems_.add(
          at,
          fmt::format("{}: step '{}' does not run before this one", reference_in_words(reference), reference.object),
          fmt::format("it is at {}; a step can only read outputs of earlier steps",
                      problems_.position(later->second).text()));
      return;
    }
    const auto ids = names_in(earlier_, [](const auto& each) { return each.first; });
    problems_.add(
        at, fmt::format("{}: there is no step {}", reference_in_words(reference), config::shown(reference.object)),
        config::did_you_mean(reference.object, ids));
    return;
  }
  if (step->second == nullptr) return;
  const auto outputs = names_in(step->second->outputs, [](const auto& each) { return each.name; });
  if (std::find(outputs.begin(), outputs.end(), reference.name) != outputs.end()) return;
  problems_.add(at,
                fmt::format("{}: {} has no output {}", reference_in_words(reference), step->second->kind,
                            config::shown(reference.name)),
                outputs.empty() ? "it has no outputs" : config::did_you_mean(reference.name, outputs));
}

}  // namespace pgcleave::runbook
