#include "runbook/expressions.h"

#include <catch2/catch.hpp>

using namespace pgcleave;
using namespace pgcleave::runbook;
using namespace pgcleave::config;

namespace {

const Scope scope{
    {"params", {{"budget", "5s"}, {"count", 3}, {"fast", true}, {"words", Json::array({"a", "b"})}, {"mode", "slow"}}},
    {"env", {{"name", "lab"}}},
    {"lag", {{"bytes", "2MiB"}, {"lsn", "1/F0"}}}};

std::string error_of(const Json& value) {
  const auto resolved = resolve(value, scope);
  return resolved ? "no error: " + resolved->dump() : resolved.error().text();
}

std::string condition_error(const std::string& text) {
  const auto held = evaluate_condition(text, scope);
  return held ? "no error" : held.error().text();
}

}  // namespace

TEST_CASE("a text that is one reference takes the value with its type; inside a longer text it is put in as text") {
  CHECK(resolve("${params.count}", scope).value() == Json(3));
  CHECK(resolve("${params.words}", scope).value() == Json::array({"a", "b"}));
  CHECK(resolve("${params.count} times in ${env.name}", scope).value() == Json("3 times in lab"));
  CHECK(resolve(Json{{"a", {"${env.name}", 1}}}, scope).value() == Json{{"a", {"lab", 1}}});
}

TEST_CASE("what comes out of a reference is not read as an expression again") {
  CHECK(resolve("${x.y}", {{"x", {{"y", "${env.name}"}}}}).value() == Json("${env.name}"));
}

TEST_CASE("$${ is a literal ${") {
  CHECK(resolve("$${env.name} and ${env.name}", scope).value() == Json("${env.name} and lab"));
  CHECK(references("$${env.name}").value().empty());
}

TEST_CASE("references are found in texts, lists and maps") {
  const auto found = references(Json{{"a", {"${lag.bytes}", "x ${env.name}"}}, {"b", 1}}).value();
  REQUIRE(found.size() == 2);
  CHECK(found[0].object == "lag");
  CHECK(found[1].name == "name");
}

TEST_CASE("a malformed or unknown reference is said with its text") {
  const std::string form =
      "\n  a reference is ${params.name}, ${env.name} or ${step.output}; for the characters themselves write $${";
  CHECK(error_of("${params.count") == "'${params.count' is not a reference" + form);
  CHECK(error_of("${}") == "'${}' is not a reference" + form);
  CHECK(error_of("${a.b.c}") == "'${a.b.c}' is not a reference" + form);
  CHECK(error_of("${ env.name }") == "'${ env.name }' is not a reference" + form);
  CHECK(error_of("${${env.name}}") == "'${${env.name}' is not a reference" + form);
  CHECK(error_of("${params.cuont}") == "${params.cuont}: 'params' has no 'cuont'\n  did you mean 'count'?");
  CHECK(error_of("${lagg.bytes}") == "${lagg.bytes}: nothing is known of 'lagg'\n  did you mean 'lag'?");
}

TEST_CASE("durations, sizes, numbers and LSNs compare as such, all else as text") {
  const std::vector<std::pair<std::string, bool>> cases{
      {"${params.budget} < 1m", true},
      {"'900ms' < ${params.budget}", true},
      {"${lag.bytes} >= 2048KiB", true},
      {"${params.count} == 3.0", true},
      {"10 > 9", true},
      {"${params.mode} == 'slow'", true},
      {"${params.mode} != slow", false},
      {"${lag.lsn} < 1/100", true},
      {"${lag.lsn} == 1/000000F0", true},
      {"b > a", true},
      {"${params.fast}", true},
      {"not ${params.fast}", false},
      {"5s == 5", false},
      {"60s == 1m", true},
      {"true and false or true", true},
      {"true or true and false", true},
      {"(true or true) and false", false},
      {"not (false or false)", true},
      {"\"${env.name}-1\" == 'lab-1'", true},
      {"9007199254740993 == 9007199254740992", false},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(condition_error(text) == "no error");
    CHECK(evaluate_condition(text, scope).value_or(!expected) == expected);
  }
}

TEST_CASE("there is no order between two kinds") {
  CHECK(condition_error("5s < 10") ==
        "there is no order between '5s' and '10' (expected two durations, sizes, numbers, LSNs or texts)\n  give both "
        "the same unit");
}

TEST_CASE("a malformed condition says at which character") {
  const std::string form = "\n  a condition is like ${params.mode} == 'fast' and not ${lag.bytes} > 16MiB";
  const auto malformed = [&](const std::string& what) {
    return "the condition is malformed at its character " + what + form;
  };
  CHECK(condition_error("") == malformed("1: it ends here"));
  CHECK(condition_error("a ==") == malformed("5: it ends here"));
  CHECK(condition_error("a = b") == malformed("3: '=' is not expected"));
  CHECK(condition_error("a b") == malformed("3: 'b' is not expected"));
  CHECK(condition_error("'a") == malformed("1: there is no closing '"));
  CHECK(condition_error("(true") == malformed("6: it ends here"));
  CHECK(condition_error("true)") == malformed("5: ')' is not expected"));
  CHECK(condition_error("and") == malformed("1: 'and' is not expected"));
  CHECK(condition_error("a && b") == malformed("3: '&&' is not expected"));
  CHECK(condition_error("$x == 1") == malformed("1: '$' is not expected"));
  CHECK(condition_error(std::string(3000, '(')) == malformed("33: it is nested too deeply"));
  CHECK(condition_error(std::string(5000, 'a')) == malformed("4096: it is longer than 4 KiB"));
  CHECK(
      condition_error("maybe") ==
      "a value that stands alone in a condition must be true or false (seen 'maybe')\n  compare it: ${step.output} == "
      "'value'");
}

TEST_CASE("an unknown reference is an error also where another part decides") {
  CHECK(condition_error("true or ${nobody.knows} == 1") ==
        "${nobody.knows}: nothing is known of 'nobody'\n  there is: params, env, lag");
}
