#include <catch2/catch.hpp>

#include "a_vocabulary.h"
#include "runbook/runbook.h"

using namespace pgcleave;
using namespace pgcleave::runbook;
using namespace pgcleave::config;

TEST_CASE("the JSON Schema holds the keys of the language and a rule per kind of step") {
  const auto schema = Json::parse(json_schema(a_vocabulary()).dump());
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("required") == Json::array({"pgcleave", "name"}));
  CHECK(schema.at("additionalProperties") == false);
  const auto& step = schema.at("$defs").at("step");
  CHECK(step.at("properties").at("uses").at("oneOf").size() == a_vocabulary().size());
  const auto& rules = step.at("allOf");
  REQUIRE(rules.size() == a_vocabulary().size());
  const auto& release = rules.at(6);
  CHECK(release.at("if").at("properties").at("uses").at("const") == "ownership.release");
  CHECK(release.at("then").at("required") == Json::array({"with"}));
  const auto& with = release.at("then").at("properties").at("with");
  CHECK(with.at("required") == Json::array({"on"}));
  CHECK(with.at("additionalProperties") == false);
  CHECK(with.at("properties").at("policy").at("default") == "fail");
  CHECK(with.at("properties").at("policy").at("anyOf").at(0).at("enum") == Json::array({"fail", "terminate"}));
}

TEST_CASE("every reference in the JSON Schema leads to a definition") {
  const auto schema = json_schema(a_vocabulary());
  const auto flat = schema.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (!path.ends_with("/$ref")) continue;
    CHECK(schema.contains(Json::json_pointer(value.get<std::string>().substr(1))));
  }
}
