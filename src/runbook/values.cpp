#include "runbook/values.h"

#include <array>

#include "base/format.h"
#include "base/lsn.h"
#include "base/units.h"
#include "config/schema.h"
#include "config/side_name.h"

namespace pgcleave::runbook {
namespace {

constexpr std::array<Type, 9> all_types{Type::text, Type::integer, Type::boolean, Type::duration, Type::bytes,
                                        Type::lsn,  Type::side,    Type::list,    Type::map};

Error not_a(const Parameter& parameter, const Json& value) {
  Error error;
  error.kind = ErrorKind::invalid;
  error.object = fmt::format("parameter '{}'", parameter.name);
  error.what = "the value has the wrong type";
  error.expected = name_of(parameter.type);
  error.seen = value.is_string() ? config::shown(value.get<std::string>()) : std::string(value.type_name());
  return error;
}

std::optional<Json> read_structure(const config::Node& node, Type type, const std::string& name,
                                   config::Problems& problems) {
  const auto wanted = type == Type::list ? config::Node::Kind::list : config::Node::Kind::map;
  if (node.kind == wanted) return read_untyped(node, name, problems);
  problems.add(node.at, fmt::format("{} must be a {}, not {}", name, name_of(type), kind_of(node)));
  return std::nullopt;
}

bool has_choice(const Parameter& parameter, const std::string& text) {
  for (const auto& choice : parameter.choices) {
    if (choice == text) return true;
  }
  return parameter.choices.empty();
}

}  // namespace

std::optional<Json> read_value(const config::Node& node, Type type, const std::string& name,
                               config::Problems& problems) {
  if (type == Type::list || type == Type::map) return read_structure(node, type, name, problems);
  if (type == Type::integer) {
    if (const auto value = read_integer(node, name, problems)) return Json(*value);
    return std::nullopt;
  }
  if (type == Type::boolean) {
    if (const auto value = read_boolean(node, name, problems)) return Json(*value);
    return std::nullopt;
  }
  const auto text = read_text(node, name, problems);
  if (!text) return std::nullopt;
  if (const auto checked = check_text(*text, type); !checked) {
    problems.add(node.at, fmt::format("{}: {}", name, checked.error().what), "write " + checked.error().expected);
    return std::nullopt;
  }
  return Json(*text);
}

std::optional<Json> read_untyped(const config::Node& node, const std::string& name, config::Problems& problems) {
  if (node.kind == config::Node::Kind::scalar) return Json(node.text);
  if (node.kind == config::Node::Kind::null) {
    problems.add(node.at, fmt::format("a value in {} is empty", name), "write \"\" for empty text");
    return std::nullopt;
  }
  auto out = node.kind == config::Node::Kind::list ? Json::array() : Json::object();
  for (const auto& item : node.items) {
    if (auto value = read_untyped(item, name, problems)) out.push_back(std::move(*value));
  }
  // ordered_json looks through all keys at every insertion: a map of this size would take seconds.
  constexpr std::size_t most_keys = 1000;
  if (node.entries.size() > most_keys) {
    problems.add(node.at, fmt::format("a map in {} has more than {} keys", name, most_keys));
    return std::nullopt;
  }
  for (const auto& entry : node.entries) {
    if (auto value = read_untyped(entry.value, name, problems)) out[entry.key] = std::move(*value);
  }
  return out;
}

Result<void> check_text(const std::string& text, Type type) {
  if (type == Type::duration) return parse_duration(text).map([](auto) {});
  if (type == Type::bytes) return parse_bytes(text).map([](auto) {});
  if (type == Type::lsn) return parse_lsn(text).map([](auto) {});
  if (type == Type::side) return config::side_named(text).map([](auto) {});
  return {};
}

Result<Json> fit(const Json& value, const Parameter& parameter) {
  switch (parameter.type) {
    case Type::integer: return value.is_number_integer() ? Result<Json>(value) : fail(not_a(parameter, value));
    case Type::boolean: return value.is_boolean() ? Result<Json>(value) : fail(not_a(parameter, value));
    case Type::list: return value.is_array() ? Result<Json>(value) : fail(not_a(parameter, value));
    case Type::map: return value.is_object() ? Result<Json>(value) : fail(not_a(parameter, value));
    default: break;
  }
  if (value.is_structured() || value.is_null()) return fail(not_a(parameter, value));
  const auto text = value.is_string() ? value.get<std::string>() : to_text(value);
  if (!check_text(text, parameter.type)) return fail(not_a(parameter, value));
  if (!has_choice(parameter, text)) {
    auto error = not_a(parameter, value);
    error.what = "the value is not one of the choices";
    error.expected = fmt::format("{}", fmt::join(parameter.choices, ", "));
    return fail(error);
  }
  return Json(text);
}

std::optional<Type> type_named(const std::string& name) {
  for (const auto type : all_types) {
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const auto type : all_types) names.emplace_back(name_of(type));
  return names;
}

}  // namespace pgcleave::runbook
