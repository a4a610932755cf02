#include "config/json_schema.h"

#include "base/format.h"
#include "config/side_name.h"
#include "runbook/evidence.h"
#include "runbook/runbook.h"
#include "runbook/values.h"

namespace pgcleave::runbook {
namespace {

using config::closed_object;
using config::word_pattern;

constexpr const char* expression_pattern = R"(\$\{[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*\})";

Json reference(const char* name) {
  return {{"$ref", fmt::format("#/$defs/{}", name)}};
}

Json literal(const Parameter& parameter) {
  switch (parameter.type) {
    case Type::integer: return {{"type", "integer"}};
    case Type::boolean: return {{"type", "boolean"}};
    case Type::duration: return {{"type", "string"}, {"pattern", "^[0-9]+(us|ms|s|m|h)$"}};
    case Type::bytes: return {{"type", "string"}, {"pattern", "^[0-9]+(B|KiB|MiB|GiB|TiB)$"}};
    case Type::lsn: return {{"type", "string"}, {"pattern", "^[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}$"}};
    case Type::side:
      return {{"enum", Json::array({name_of(config::SideName::source), name_of(config::SideName::target)})}};
    case Type::list: return {{"type", "array"}};
    case Type::map: return {{"type", "object"}};
    case Type::text: break;
  }
  if (!parameter.choices.empty()) return {{"enum", parameter.choices}};
  return config::plain_text();
}

Json parameter_schema(const Parameter& parameter) {
  Json schema{{"description", parameter.help}, {"anyOf", Json::array({literal(parameter), reference("expression")})}};
  if (!parameter.fallback.is_null()) schema["default"] = parameter.fallback;
  return schema;
}

Json with_schema(const StepDescription& kind) {
  auto properties = Json::object();
  auto required = Json::array();
  for (const auto& parameter : kind.parameters) {
    properties[parameter.name] = parameter_schema(parameter);
    if (parameter.required && parameter.fallback.is_null()) required.push_back(parameter.name);
  }
  return closed_object(std::move(properties), std::move(required));
}

Json rule_of(const StepDescription& kind) {
  const auto with = with_schema(kind);
  Json then{{"properties", {{"with", with}}}};
  if (!with.at("required").empty()) then["required"] = Json::array({"with"});
  auto uses = Json{{"const", kind.kind}};
  if (!kind.earlier_kind.empty()) uses = {{"enum", Json::array({kind.kind, kind.earlier_kind})}};
  return {{"if", {{"properties", {{"uses", uses}}}, {"required", Json::array({"uses"})}}}, {"then", std::move(then)}};
}

Json step_schema(const Vocabulary& vocabulary) {
  auto kinds = Json::array();
  auto rules = Json::array();
  for (const auto& kind : vocabulary) {
    kinds.push_back({{"const", kind.kind}, {"description", kind.purpose}});
    if (!kind.earlier_kind.empty())
      kinds.push_back(
          {{"const", kind.earlier_kind}, {"description", kind.kind + " is its name now"}, {"deprecated", true}});
    rules.push_back(rule_of(kind));
  }
  auto schema = closed_object(
      {{"id", {{"type", "string"}, {"pattern", word_pattern}, {"not", {{"enum", Json::array({"params", "env"})}}}}},
       {"uses", kinds.empty() ? Json{{"type", "string"}} : Json{{"oneOf", kinds}}},
       {"with", {{"type", "object"}}},
       {"timeout", reference("duration")},
       {"retries", {{"type", "integer"}, {"minimum", 0}, {"maximum", 100}}},
       {"when", {{"type", Json::array({"string", "boolean"})}}}},
      Json::array({"id", "uses"}));
  if (!rules.empty()) schema["allOf"] = rules;
  return schema;
}

Json window_schema() {
  Json steps = reference("steps");
  steps["minItems"] = 1;
  return closed_object(
      {{"budget", {{"anyOf", Json::array({reference("duration"), reference("expression")})}}}, {"steps", steps}},
      Json::array({"budget", "steps"}));
}

Json params_schema() {
  const auto param =
      closed_object({{"type", {{"enum", type_names()}}}, {"default", Json::object()}, {"help", {{"type", "string"}}}},
                    Json::array({"type"}));
  return {{"type", "object"},
          {"maxProperties", 100},
          {"propertyNames", {{"pattern", word_pattern}}},
          {"additionalProperties", param}};
}

}  // namespace

Json json_schema(const Vocabulary& vocabulary) {
  const auto steps = reference("steps");
  const auto window = reference("window");
  auto schema = closed_object(
      {{"pgcleave", {{"const", 1}}},
       {"name", {{"type", "string"}, {"pattern", "^[a-z][a-z0-9_-]{0,62}$"}}},
       {"summary", {{"type", "string"}}},
       {"params", params_schema()},
       {"prepare", steps},
       {"gate", steps},
       {"window", window},
       {"verify", steps},
       {"rollback",
        closed_object({{"prepare", steps}, {"gate", steps}, {"window", window}, {"then", steps}}, Json::array())}},
      Json::array({"pgcleave", "name"}));
  schema["properties"].update(evidence_schema());
  Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "pgcleave runbook, version 1"}};
  out.update(schema);
  out["$defs"] = {{"duration", {{"type", "string"}, {"pattern", "^[0-9]+(us|ms|s|m|h)$"}}},
                  {"expression", {{"type", "string"}, {"pattern", expression_pattern}}},
                  {"steps", {{"type", "array"}, {"items", reference("step")}}},
                  {"step", step_schema(vocabulary)},
                  {"window", window_schema()}};
  return out;
}

}  // namespace pgcleave::runbook
