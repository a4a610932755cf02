#include "runbook/template.h"

#include "base/format.h"
#include "config/problems.h"
#include "runbook/expressions.h"
#include "runbook/runbook.h"
#include "runbook/values.h"

namespace pgcleave::runbook {

namespace {

Error malformed(const std::string& seen) {
  return {ErrorKind::invalid,
          "",
          fmt::format("{} is not a reference", config::shown(seen)),
          "",
          "",
          "a reference is ${params.name}, ${env.name} or ${step.output}; for the characters themselves write $${",
          ""};
}

bool is_name(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text[0])) return false;
  for (const char c : text) {
    if (!letter(c) && (c < '0' || c > '9')) return false;
  }
  return true;
}

// `inner` is what stands between the braces.
Result<Reference> parse_reference(const std::string& inner) {
  const auto dot = inner.find('.');
  if (dot == std::string::npos) return fail(malformed("${" + inner + "}"));
  Reference reference{inner.substr(0, dot), inner.substr(dot + 1)};
  if (!is_name(reference.object) || !is_name(reference.name)) return fail(malformed("${" + inner + "}"));
  return reference;
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

Error unknown(const Reference& reference, const std::string& what, const std::string& word, const Json& object) {
  return {ErrorKind::invalid,
          fmt::format("${{{}.{}}}", reference.object, reference.name),
          what,
          "",
          "",
          config::did_you_mean(word, keys_of(object)),
          ""};
}

}  // namespace

Result<std::vector<Piece>> cut(const std::string& text) {
  std::vector<Piece> pieces;
  std::string literal;
  for (std::size_t i = 0; i < text.size();) {
    if (text.compare(i, 3, "$${") == 0) {
      literal += "${";
      i += 3;
    } else if (text.compare(i, 2, "${") == 0) {
      const auto close = text.find('}', i);
      if (close == std::string::npos) return fail(malformed(text.substr(i)));
      TRY_ASSIGN(auto reference, parse_reference(text.substr(i + 2, close - i - 2)));
      if (!literal.empty()) pieces.push_back({std::move(literal), std::nullopt});
      literal.clear();
      pieces.push_back({"", std::move(reference)});
      i = close + 1;
    } else {
      literal += text[i++];
    }
  }
  if (!literal.empty()) pieces.push_back({std::move(literal), std::nullopt});
  return pieces;
}

Result<Json> look_up(const Reference& reference, const Scope& scope) {
  const auto object = scope.find(reference.object);
  if (object == scope.end() || !object->is_object()) {
    return fail(unknown(reference, fmt::format("nothing is known of '{}'", reference.object), reference.object, scope));
  }
  const auto value = object->find(reference.name);
  if (value == object->end()) {
    return fail(
        unknown(reference, fmt::format("'{}' has no '{}'", reference.object, reference.name), reference.name, *object));
  }
  return *value;
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

std::optional<Reference> sole_reference(const std::string& text) {
  const auto pieces = cut(text);
  return pieces && pieces->size() == 1 ? pieces->front().reference : std::nullopt;
}

Result<Json> resolve_with(const StepLine& step, const StepDescription& kind, const Json& scope) {
  auto out = Json::object();
  for (const auto& parameter : kind.parameters) {
    const auto written = step.with.find(parameter.name);
    if (written == step.with.end()) continue;
    auto value = resolve(*written, scope).and_then([&](const Json& resolved) { return fit(resolved, parameter); });
    if (!value) {
      value.error().object = fmt::format("step '{}', parameter '{}'", step.id, parameter.name);
      return fail(value.error());
    }
    out[parameter.name] = std::move(*value);
  }
  return out;
}

}  // namespace pgcleave::runbook
