// The schemas of environment and split files against the readers: what a reader asks for is in the schema, and what is
// in the schema a reader takes.
#include "config/json_schema.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "base/format.h"
#include "config/connection_keys.h"
#include "config/environment.h"
#include "config/split.h"

using namespace pgcleave;
using namespace pgcleave::config;

namespace {

// The names of all properties, at any depth.
std::set<std::string> properties_of(const Json& schema) {
  std::set<std::string> names;
  if (schema.is_array()) {
    for (const auto& item : schema) names.merge(properties_of(item));
  } else if (schema.is_object()) {
    for (const auto& [key, value] : schema.items()) {
      if (key == "properties") {
        for (const auto& [name, unused] : value.items()) names.insert(name);
      }
      names.merge(properties_of(value));
    }
  }
  return names;
}

// The keys that a source file asks a map for.
std::set<std::string> keys_asked_for(const std::string& file) {
  std::ifstream stream(std::string(PGCLEAVE_SOURCE_DIR) + "/src/config/" + file);
  const std::string source(std::istreambuf_iterator<char>(stream), {});
  const std::regex call(
      R"re((?:\b(?:optional|required|text|required_text|map|required_map|list|required_list|file|read_path|name)\()re"
      R"re((?:fields, |top, )?|read_version\(top, )"([a-z_]+)")re");
  std::set<std::string> keys;
  for (auto found = std::sregex_iterator(source.begin(), source.end(), call); found != std::sregex_iterator(); ++found)
    keys.insert((*found)[1]);
  return keys;
}

// A value that fits the schema.
std::string value_for(const Json& schema, int depth);

std::string map_of(const Json& schema, int depth) {
  std::string text;
  for (const auto& [name, value] : schema.at("properties").items())
    text += fmt::format("\n{:{}}{}: {}", "", depth * 2, name, value_for(value, depth + 1));
  return text;
}

std::string value_for(const Json& schema, int depth) {
  if (schema.contains("const")) return schema.at("const").dump();
  if (schema.contains("enum")) return schema.at("enum").at(0).dump();
  if (schema.contains("anyOf") && !schema.contains("type")) return value_for(schema.at("anyOf").at(0), depth);
  const auto type = schema.at("type").is_array() ? schema.at("type").at(0) : schema.at("type");
  if (type == "object" && !schema.contains("properties")) return "{a: b}";
  if (type == "object") return map_of(schema, depth);
  if (type == "array") return fmt::format("\n{:{}}- {}", "", depth * 2, value_for(schema.at("items"), depth + 1));
  if (type == "integer") return "7";
  if (type == "boolean") return "true";
  const auto pattern = schema.value("pattern", "");
  if (pattern.find("https?") != std::string::npos) return "http://10.0.0.1:8008";
  if (pattern.find("file:") != std::string::npos) return "'${env:HOME}'";
  return "ci";
}

bool knows_all_keys(const std::vector<Problem>& problems, std::string& about) {
  for (const auto& problem : problems) {
    if (problem.text().find("unknown key") != std::string::npos) about += problem.text() + "\n";
  }
  return about.empty();
}

}  // namespace

TEST_CASE("each key that the readers of environment and split files ask for is in the schema") {
  auto known = properties_of(environment_schema());
  known.merge(properties_of(split_schema()));
  std::set<std::string> asked;
  for (const auto* file : {"environment.cpp", "access.cpp", "prometheus_access.cpp", "split.cpp"})
    asked.merge(keys_asked_for(file));
  CHECK(asked.size() > 30);
  for (const auto& key : connection_keys()) asked.insert(key.name);
  for (const auto& key : asked) {
    INFO(key);
    CHECK(known.contains(key));
  }
}

TEST_CASE("the readers know each key that is in the schema, where it is") {
  std::string about;
  CHECK(knows_all_keys(read_environment("e.yml", map_of(environment_schema(), 0)).problems, about));
  CHECK(about == "");
  CHECK(knows_all_keys(read_split("s.yml", map_of(split_schema(), 0)).problems, about));
  CHECK(about == "");
}
