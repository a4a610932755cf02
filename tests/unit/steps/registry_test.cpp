// What every row of the registry must hold, whoever adds it. What its verbs must do is tried on the lab
// (tests/staging/conformance).
#include "steps/registry.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>

#include "base/file.h"
#include "base/units.h"
#include "config/json_schema.h"
#include "runbook/runbook.h"
#include "steps/check/judging.h"

namespace pgcleave::steps {
using namespace pgcleave::world;
namespace {

namespace fs = std::filesystem;
using runbook::Parameter;
using runbook::Type;

const fs::path root = PGCLEAVE_SOURCE_DIR;

bool is_sentence(const std::string& text) {
  return text.size() > 10 && std::isupper(static_cast<unsigned char>(text.front())) != 0 && text.back() == '.';
}

bool begins_with(const std::string& text, const std::string& words) {
  return text.rfind(words, 0) == 0;
}

bool fits(const Parameter& parameter) {
  const auto& value = parameter.fallback;
  switch (parameter.type) {
    case Type::integer: return value.is_number_integer();
    case Type::boolean: return value.is_boolean();
    case Type::list: return value.is_array();
    case Type::map: return value.is_object();
    case Type::duration: return value.is_string() && parse_duration(value.get<std::string>());
    case Type::bytes: return value.is_string() && parse_bytes(value.get<std::string>());
    case Type::side: return value == "source" || value == "target";
    case Type::text:
    case Type::lsn: break;
  }
  const auto& choices = parameter.choices;
  return value.is_string() &&
         (choices.empty() || std::find(choices.begin(), choices.end(), value.get<std::string>()) != choices.end());
}

std::string file_of(const std::string& kind) {
  std::string name = kind;
  std::replace(name.begin(), name.end(), '.', '/');
  return name + ".cpp";
}

}  // namespace

TEST_CASE("every step kind is named noun.verb, once, and is found by its name") {
  static const std::regex noun_verb("[a-z][a-z0-9]*\\.[a-z][a-z0-9_]*");
  std::set<std::string> seen;
  for (const auto& row : registry()) {
    const auto& kind = row.description.kind;
    INFO(kind);
    CHECK(std::regex_match(kind, noun_verb));
    CHECK(seen.insert(kind).second);
    CHECK(find(kind) == &row);
    if (row.description.earlier_kind.empty()) continue;
    CHECK(seen.insert(row.description.earlier_kind).second);
    CHECK(find(row.description.earlier_kind) == &row);
  }
  CHECK(seen.size() >= 28);
  CHECK(find("pgbouncer.explode") == nullptr);
  CHECK(find("") == nullptr);
}

TEST_CASE("every step kind says in a sentence what it is for, and has what the engine calls") {
  for (const auto& row : registry()) {
    INFO(row.description.kind << ": " << row.description.purpose);
    CHECK(is_sentence(row.description.purpose));
    CHECK(row.observe != nullptr);
    CHECK(row.apply != nullptr);
  }
}

TEST_CASE(
    "one step kind each pauses, resumes, releases, takes and promotes, and who knows of rows that are given up says "
    "so") {
  const auto named = [](const auto& list) {
    return std::any_of(list.begin(), list.end(), [](const auto& one) { return one.name == "given_up"; });
  };
  for (const auto& row : registry()) {
    const auto& kind = row.description;
    INFO(kind.kind);
    CHECK(kind.traits.gives_up == (named(kind.parameters) || named(kind.outputs) || row.may_undo != nullptr));
    CHECK(kind.traits.pauses == (kind.kind == "pgbouncer.pause"));
    CHECK(kind.traits.resumes == (kind.kind == "pgbouncer.resume"));
    CHECK(kind.traits.releases == (kind.kind == "ownership.release"));
    CHECK(kind.traits.takes == (kind.kind == "ownership.take"));
    CHECK(kind.traits.promotes == (kind.kind == "patroni.promote"));
  }
}

TEST_CASE("every parameter is explained, and its default is a value of its type") {
  for (const auto& row : registry()) {
    std::set<std::string> names;
    for (const auto& parameter : row.description.parameters) {
      INFO(row.description.kind << ", parameter " << parameter.name << ", default " << parameter.fallback.dump());
      CHECK(names.insert(parameter.name).second);
      CHECK((!parameter.help.empty() || !parameter.choices.empty()));
      CHECK(parameter.required == parameter.fallback.is_null());
      if (!parameter.fallback.is_null()) CHECK(fits(parameter));
    }
    for (const auto& output : row.description.outputs) {
      INFO(row.description.kind << ", output " << output.name);
      CHECK_FALSE(output.help.empty());
    }
  }
}

TEST_CASE("a step kind tells what it changes exactly when it changes something") {
  for (const auto& row : registry()) {
    const auto& traits = row.description.traits;
    INFO(row.description.kind << " changes: " << row.description.changes);
    CHECK(traits.changes == !row.description.changes.empty());
    if (traits.pauses || traits.resumes || traits.releases || traits.takes) CHECK(traits.changes);
    if (!traits.changes) CHECK(row.undo == nullptr);
  }
}

TEST_CASE("what a step kind tells about its undo is true") {
  for (const auto& row : registry()) {
    const auto& undo = row.description.undo;
    INFO(row.description.kind << " undo: " << undo);
    REQUIRE_FALSE(undo.empty());
    const auto kind = row.description.undo_kind;
    CHECK((row.undo == nullptr) == (kind != runbook::UndoKind::restores));
    CHECK(("no: " + row.description.why_not_undone() == undo) == (kind == runbook::UndoKind::impossible));
    CHECK(begins_with(undo, "no: ") == (kind == runbook::UndoKind::impossible));
    CHECK(begins_with(undo, "nothing to undo") == (kind == runbook::UndoKind::nothing));
    CHECK(row.description.can_be_undone() == (kind != runbook::UndoKind::impossible));
    if (row.undo_order == UndoOrder::after_traffic) CHECK(row.undo != nullptr);
    if (row.description.traits.pauses || row.description.traits.releases) CHECK(row.undo != nullptr);
    // Whatever clients wait for is undone before they are let go.
    if (row.description.traits.pauses || row.description.traits.releases)
      CHECK(row.undo_order == UndoOrder::before_traffic);
  }
}

TEST_CASE("what releases or takes ownership must say on which side, since the static proof reads it") {
  int kinds = 0;
  for (const auto& row : registry()) {
    if (!row.description.traits.releases && !row.description.traits.takes) continue;
    ++kinds;
    INFO(row.description.kind);
    const auto& all = row.description.parameters;
    CHECK(std::any_of(all.begin(), all.end(),
                      [](const Parameter& one) { return one.name == "on" && one.type == Type::side && one.required; }));
  }
  CHECK(kinds == 2);
}

TEST_CASE("each step kind lives in the file that bears its name") {
  offer_step_kinds();
  std::set<std::string> expected;
  for (const auto& row : registry()) {
    const auto file = file_of(row.description.kind);
    INFO(file);
    const auto text = read_file((root / "src/steps" / file).string());
    REQUIRE(text);
    CHECK(text->find(".kind = \"" + row.description.kind + "\"") != std::string::npos);
    expected.insert(file);
  }
  for (const auto& entry : fs::recursive_directory_iterator(root / "src/steps")) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = read_file(entry.path().string());
    REQUIRE(text);
    if (text->find(".kind = \"") == std::string::npos) continue;
    const auto file = fs::relative(entry.path(), root / "src/steps").string();
    INFO(file << " describes a kind that the registry does not list");
    CHECK(expected.contains(file));
  }
}

TEST_CASE("the schemas in docs are those that the program prints") {
  const auto published = [](const std::string& kind) {
    return read_file((root / "docs/schema" / (kind + ".json")).string()).value_or("");
  };
  INFO(
      "to publish them: for kind in runbook environment split; do pgcleave schema $kind >docs/schema/$kind.json; done");
  CHECK(published("runbook") == to_text(runbook::json_schema(vocabulary()), 2) + "\n");
  CHECK(published("environment") == to_text(config::environment_schema(), 2) + "\n");
  CHECK(published("split") == to_text(config::split_schema(), 2) + "\n");
}

TEST_CASE("the schema for editors knows every step kind with all its parameters") {
  const auto schema = runbook::json_schema(vocabulary());
  const auto& step = schema.at("$defs").at("step");
  std::set<std::string> kinds;
  for (const auto& kind : step.at("properties").at("uses").at("oneOf"))
    kinds.insert(kind.at("const").get<std::string>());
  std::map<std::string, Json> parameters;
  for (const auto& rule : step.at("allOf")) {
    const auto& uses = rule.at("if").at("properties").at("uses");
    const auto names = uses.contains("const") ? Json::array({uses.at("const")}) : uses.at("enum");
    for (const auto& name : names) parameters[name] = rule.at("then").at("properties").at("with").at("properties");
  }
  CHECK(kinds.size() == parameters.size());
  for (const auto& row : registry()) {
    INFO(row.description.kind);
    CHECK(kinds.contains(row.description.kind));
    REQUIRE(parameters.contains(row.description.kind));
    CHECK(parameters.at(row.description.kind).size() == row.description.parameters.size());
    if (!row.description.earlier_kind.empty()) CHECK(parameters.contains(row.description.earlier_kind));
    for (const auto& parameter : row.description.parameters) {
      INFO(parameter.name);
      REQUIRE(parameters.at(row.description.kind).contains(parameter.name));
      CHECK(parameters.at(row.description.kind).at(parameter.name).at("description") == parameter.help);
    }
  }
}

}  // namespace pgcleave::steps
