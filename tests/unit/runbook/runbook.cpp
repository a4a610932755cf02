#include "runbook/runbook.h"

#include <catch2/catch.hpp>

#include "a_vocabulary.h"
#include "base/sha256.h"

using namespace pgcleave;
using namespace pgcleave::runbook;
using namespace pgcleave::config;

namespace {

const std::string good_text = R"(pgcleave: 1
name: promote-standby
summary: Split by promoting the target's standby cluster.
params:
  pause_budget: {type: duration, default: 5s, help: longest time that clients may wait}
  max_lag: {type: bytes, default: 1MiB}
  samples: {type: integer}
prepare:
  - {id: fence, uses: ownership.install, retries: 3, timeout: 30s}
  - {id: lag, uses: check.lag, with: {below: "${params.max_lag}", samples: "${params.samples}"}, )"
                              R"(when: "${env.class} == 'staging'"}
verify:
  - {id: again, uses: check.lag, with: {strict: true, below: "${lag.bytes}"}}
gate:
  - {id: go, uses: gate.approve, with: {text: "Move ${env.name}?"}}
window:
  budget: "${params.pause_budget}"
  steps:
    - {id: pause, uses: pgbouncer.pause}
    - {id: release, uses: ownership.release, with: {on: source}}
    - {id: lsn, uses: postgres.capture_lsn, with: {on: source}}
    - {id: replay, uses: postgres.wait_replay, with: {on: target, lsn: "${lsn.lsn}"}}
    - {id: take, uses: ownership.take, with: {on: target}}
    - {id: repoint, uses: pgbouncer.repoint, with: {to: target}}
    - {id: resume, uses: pgbouncer.resume}
rollback:
  window:
    budget: 10s
    steps:
      - {id: back_pause, uses: pgbouncer.pause}
      - {id: back_release, uses: ownership.release, with: {on: target, policy: terminate}}
      - {id: back_replay, uses: postgres.wait_replay, with: {on: source, lsn: "${lsn.lsn}"}}
      - {id: back_take, uses: ownership.take, with: {on: source}}
      - {id: back_resume, uses: pgbouncer.resume}
  then:
    - {id: tidy, uses: command.run, with: {argv: [tidy, 0755, "${env.name}"], env: {A: yes}}}
)";

Texts problems_of_runbook(const std::string& text) {
  const auto read = read_runbook("r.yml", text, a_vocabulary());
  CHECK(read.value.has_value() == read.problems.empty());
  return texts(read.problems);
}

// The problems of a runbook with these lines after line 2.
Texts with_lines(const std::string& lines) {
  return problems_of_runbook("pgcleave: 1\nname: x\n" + lines);
}

Runbook good_runbook() {
  auto read = read_runbook("r.yml", good_text, a_vocabulary());
  CHECK(texts(read.problems) == Texts{});
  REQUIRE(read.value.has_value());
  return *read.value;
}

struct Case {
  std::string lines;
  Texts expected;
};

void check_all(const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    CAPTURE(each.lines);
    CHECK(with_lines(each.lines) == each.expected);
  }
}

}  // namespace

TEST_CASE("a runbook is read with its phases in the order of running, whatever the order of the file") {
  const auto book = good_runbook();
  Texts names;
  for (const auto& phase : book.phases) names.push_back(phase.name);
  CHECK(names == Texts{"prepare", "gate", "window", "verify", "rollback.window", "rollback.then"});
  CHECK(book.phases.at(2).is_window);
  CHECK(book.phases.at(2).budget == "${params.pause_budget}");
  CHECK(book.phases.at(4).is_rollback());
  CHECK(book.name == "promote-standby");
  CHECK(book.text == good_text);
  CHECK(book.sha256 == sha256(good_text));
  CHECK(book.step("nobody") == nullptr);
}

TEST_CASE("a step keeps what was written, typed, and its defaults are filled in") {
  const auto book = good_runbook();
  CHECK(book.step("fence")->retries == 3);
  CHECK(book.step("fence")->timeout == Duration(30'000'000));
  CHECK(book.step("fence")->at.text() == "r.yml:9:5");
  CHECK(book.step("lag")->with == Json{{"below", "${params.max_lag}"}, {"samples", "${params.samples}"}});
  CHECK(book.step("lag")->when == "${env.class} == 'staging'");
  CHECK(book.step("again")->with == Json{{"strict", true}, {"below", "${lag.bytes}"}, {"samples", 3}});
  CHECK(book.step("release")->with == Json{{"on", "source"}, {"policy", "fail"}});
  CHECK(book.step("tidy")->with == Json{{"argv", {"tidy", "0755", "${env.name}"}}, {"env", {{"A", "yes"}}}});
}

TEST_CASE("unknown, missing and wrong keys are all reported, sorted by position") {
  CHECK(
      problems_of_runbook(
          "pgcleave: 2\nnmae: x\nprepare:\n  - {id: a, uses: chek.lag}\n  - {id: b, usse: check.lag}\nwindow: []\n") ==
      Texts{"r.yml:1:1: the runbook has no key 'name'",
            "r.yml:1:11: version 2 of the format is not known\n  write pgcleave: 1",
            "r.yml:2:1: unknown key 'nmae' in the runbook\n  did you mean 'name'?",
            "r.yml:4:19: there is no kind of step 'chek.lag'\n  did you mean 'check.lag'?",
            "r.yml:5:5: step 'b' has no key 'uses'",
            "r.yml:5:13: unknown key 'usse' in step 'b'\n  did you mean 'uses'?",
            "r.yml:6:9: window must be a map, not a list"});
}

TEST_CASE("wrong shapes and names") {
  check_all({
      {"", {"r.yml:1:1: the runbook has no steps"}},
      {"prepare: x\n", {"r.yml:3:10: prepare must be a list, not text"}},
      {"prepare:\n", {"r.yml:3:1: prepare must be a list, not nothing"}},
      {"prepare: [x]\n", {"r.yml:3:11: a step must be a map, not text"}},
      {"prepare: [{id: params, uses: ownership.install}]\n",
       {"r.yml:3:16: 'params' is not an id for a step\n  use small letters, digits and _, a letter first, at most 63 "
        "characters; params "
        "and env are taken"}},
      {"prepare: [{id: A-b, uses: ownership.install}]\n",
       {"r.yml:3:16: 'A-b' is not an id for a step\n  use small letters, digits and _, a letter first, at most 63 "
        "characters; params and "
        "env are taken"}},
      {"prepare: [{id: a, uses: ownership.install}]\nrollback: {then: [{id: a, uses: ownership.install}]}\n",
       {"r.yml:4:24: the id 'a' is given twice\n  the first is at r.yml:3:16"}},
      {"prepare: [{id: a, uses: ownership.install, retries: 03}]\n",
       {"r.yml:3:53: retries must be an integer, not '03'\n  write a decimal number without quotes, such as 3"}},
      {"prepare: [{id: a, uses: ownership.install, retries: 101}]\n",
       {"r.yml:3:53: retries can't be 101\n  write a number from 0 to 100"}},
      {"prepare: [{id: a, uses: ownership.install, timeout: 30}]\n",
       {"r.yml:3:53: timeout: '30' is not a duration\n  write a whole number with us, ms, s, m or h, such as 250ms"}},
      {"prepare: [{id: a, uses: ownership.install, timeout: 0s}]\n",
       {"r.yml:3:53: timeout must be longer than nothing\n  write a duration such as 30s"}},
      {"prepare: [{id: a, uses: ownership.install, when: a ==}]\n",
       {"r.yml:3:50: the condition is malformed at its character 5: it ends here\n  a condition is like ${params.mode} "
        "== 'fast' and not "
        "${lag.bytes} > "
        "16MiB"}},
  });
  CHECK(problems_of_runbook("just text") == Texts{"r.yml:1:1: the runbook must be a map, not text"});
  CHECK(problems_of_runbook("pgcleave: 1\nname: Bad Name\nprepare: [{id: a, uses: ownership.install}]\n") ==
        Texts{"r.yml:2:7: 'Bad Name' is not a name for a runbook\n  use small letters, digits, - and _, a letter "
              "first, at most 63 "
              "characters"});
}

TEST_CASE("what a step takes is checked against its kind") {
  const auto step = [](const std::string& rest) { return "prepare: [{id: a, uses: " + rest + "}]\n"; };
  check_all({
      {step("check.lag, with: {belwo: 1MiB}"),
       {"r.yml:3:43: check.lag has no parameter 'belwo'\n  did you mean 'below'?"}},
      {step("pgbouncer.resume, with: {x: 1}"),
       {"r.yml:3:50: pgbouncer.resume has no parameter 'x'\n  it has no parameters"}},
      {step("postgres.capture_lsn"),
       {"r.yml:3:11: step 'a': postgres.capture_lsn needs the parameter 'on'\n  it is of type side: the side"}},
      {step("postgres.capture_lsn, with: {on: left}"),
       {"r.yml:3:58: parameter 'on': 'left' is not a side\n  write source or target"}},
      {step("check.lag, with: {below: 1MB}"),
       {"r.yml:3:50: parameter 'below': '1MB' is not a size\n  write a whole number with B, KiB, MiB, GiB or TiB, such "
        "as 16MiB"}},
      {step("check.lag, with: {samples: 0x10}"),
       {"r.yml:3:52: parameter 'samples' must be an integer, not '0x10'\n  write a decimal number without quotes, such "
        "as 3"}},
      {step("check.lag, with: {samples: 99999999999999999999}"),
       {"r.yml:3:52: parameter 'samples' must be an integer, not '99999999999999999999'\n  write a decimal number "
        "without quotes, such as "
        "3"}},
      {step("check.lag, with: {strict: yes}"),
       {"r.yml:3:51: parameter 'strict' must be a boolean, not 'yes'\n  write true or false, without quotes"}},
      {step("check.lag, with: {strict: \"true\"}"),
       {"r.yml:3:51: parameter 'strict' must be a boolean, not 'true'\n  write true or false, without quotes"}},
      {step("command.run, with: {argv: ls}"), {"r.yml:3:51: parameter 'argv' must be a list, not text"}},
      {step("command.run, with: {argv: [ls, ~]}"),
       {"r.yml:3:56: a value in parameter 'argv' is empty\n  write \"\" for empty text"}},
      {step("gate.approve, with: {text: [a]}"), {"r.yml:3:52: parameter 'text' must be text, not a list"}},
  });
}

TEST_CASE("references must name what is known at their place") {
  const std::string params = "params: {size: {type: bytes, default: 1MiB}, count: {type: integer, default: 1}}\n";
  const auto step = [&](const std::string& rest) {
    return params + "prepare: [{id: a, uses: " + rest + "}, {id: later, uses: check.lag}]\n";
  };
  check_all({
      {step("check.lag, with: {below: \"${params.sise}\"}"),
       {"r.yml:4:50: ${params.sise}: there is no parameter 'sise'\n  did you mean 'size'?"}},
      {step("check.lag, with: {below: \"${params.count}\"}"),
       {"r.yml:4:50: parameter 'below' must be of type bytes, but ${params.count} is of type integer"}},
      {step("check.lag, with: {samples: \"${env.name}\"}"),
       {"r.yml:4:52: parameter 'samples' must be of type integer, but ${env.name} is text"}},
      {step("check.lag, with: {samples: \"1${params.count}\"}"),
       {"r.yml:4:52: parameter 'samples' must be of type integer, not text around an expression"}},
      {step("gate.approve, with: {text: \"${env.nmae}\"}"),
       {"r.yml:4:52: ${env.nmae}: there is no environment value 'nmae'\n  did you mean 'name'?"}},
      {step("gate.approve, with: {text: \"${later.bytes}\"}"),
       {"r.yml:4:52: ${later.bytes}: step 'later' does not run before this one\n  it is at r.yml:4:77; a step can only "
        "read outputs of "
        "earlier steps"}},
      {step("gate.approve, with: {text: \"${a.x}\"}"),
       {"r.yml:4:52: ${a.x}: step 'a' does not run before this one\n  it is at r.yml:4:16; a step can only read "
        "outputs "
        "of earlier steps"}},
      {step("gate.approve, with: {text: \"${x.y\"}"),
       {"r.yml:4:52: '${x.y' is not a reference\n  a reference is ${params.name}, ${env.name} or ${step.output}; for "
        "the "
        "characters "
        "themselves write $${"}},
      {step("ownership.install, when: \"${nobody.x} == 1\""), {"r.yml:4:50: ${nobody.x}: there is no step 'nobody'"}},
      {"prepare: [{id: lag, uses: check.lag}, {id: b, uses: command.run, with: {argv: [a, \"${lag.byte}\"]}}]\n",
       {"r.yml:3:83: ${lag.byte}: check.lag has no output 'byte'\n  did you mean 'bytes'?"}},
  });
}

TEST_CASE("params have a type, and a default of it") {
  const std::string step = "prepare: [{id: a, uses: ownership.install}]\n";
  check_all({
      {"params: {a: {type: txt}}\n" + step, {"r.yml:3:20: type can't be 'txt'\n  did you mean 'text'?"}},
      {"params: {a: {default: 1}}\n" + step, {"r.yml:3:10: parameter 'a' has no key 'type'"}},
      {"params: {a: {type: duration, default: soon}}\n" + step,
       {"r.yml:3:39: default: 'soon' is not a duration\n  write a whole number with us, ms, s, m or h, such as 250ms"}},
      {"params: {a: {type: text, default: \"${env.name}\"}}\n" + step,
       {"r.yml:3:35: a default can't hold an expression\n  write the value itself"}},
      {"params: {A: {type: text}}\n" + step,
       {"r.yml:3:10: 'A' is not a name for a parameter\n  use small letters, digits and _, a letter first, at most 63 "
        "characters"}},
  });
}

TEST_CASE("params take what --set gives, typed, and their defaults") {
  const auto book = good_runbook();
  CHECK(resolve_params(book, {{"samples", "7"}, {"max_lag", "2GiB"}}).value() ==
        Json{{"pause_budget", "5s"}, {"max_lag", "2GiB"}, {"samples", 7}});
  const auto error = [&](const std::map<std::string, std::string>& given) {
    return resolve_params(book, given).error().text();
  };
  CHECK(error({}) == "parameter 'samples': has no value and no default (expected integer)\n  give --set samples=VALUE");
  CHECK(error({{"samples", "many"}}) ==
        "parameter 'samples': samples must be an integer, not 'many' (expected integer)\n  write a decimal number "
        "without quotes, such as 3");
  CHECK(error({{"sample", "7"}}) ==
        "runbook promote-standby: there is no parameter 'sample'\n  did you mean 'samples'?");
  CHECK(error({{"samples", "7"}, {"pause_budget", "0s"}}) ==
        "parameter 'pause_budget': the budget of a window must be longer than nothing (expected a duration such as 5s, "
        "seen 0s)");
  CHECK(error({{"samples", "7"}, {"max_lag", "1\x1b[m"}}) ==
        "parameter 'max_lag': the value holds a control character or is not UTF-8 (expected bytes)");
}

TEST_CASE("a list on the command line is written in YAML") {
  const auto read = read_runbook("r.yml",
                                 "pgcleave: 1\nname: x\nparams: {w: {type: list}}\nprepare: [{id: a, uses: "
                                 "command.run, with: {argv: \"${params.w}\"}}]\n",
                                 a_vocabulary());
  REQUIRE(read.value);
  CHECK(resolve_params(*read.value, {{"w", "[a, \"b c\"]"}}).value() == Json{{"w", {"a", "b c"}}});
  CHECK(resolve_params(*read.value, {{"w", "[a"}}).error().text() ==
        "parameter 'w': not YAML: end of sequence flow not found (expected list)\n  look at the indentation, quotes "
        "and brackets here and "
        "in the line above");
}

TEST_CASE("a step's values are resolved and must then be of their type") {
  const auto book = good_runbook();
  const auto words = a_vocabulary();
  const auto* kind = find(words, "check.lag");
  const auto* step = book.step("again");
  CHECK(resolve_with(*step, *kind, {{"lag", {{"bytes", "5MiB"}}}}).value() ==
        Json{{"below", "5MiB"}, {"samples", 3}, {"strict", true}});
  CHECK(resolve_with(*step, *kind, {{"lag", {{"bytes", 5}}}}).error().text() ==
        "step 'again', parameter 'below': the value has the wrong type (expected bytes, seen number)");
  CHECK(resolve_with(*step, *kind, Json::object()).error().text() ==
        "step 'again', parameter 'below': nothing is known of 'lag'");
}

TEST_CASE("a file of nothing but problems is cut off") {
  std::string text = "pgcleave: 1\nname: x\nprepare:\n";
  for (int i = 0; i < 5000; ++i) text += "  - {}\n";
  const auto found = problems_of_runbook(text);
  CHECK(found.size() == 201);
  CHECK(found.back().ends_with("there are more problems than these\n  fix these first"));
}

TEST_CASE("a kind is read by its earlier name too, and a note says which to write") {
  auto words = a_vocabulary();
  words.back().earlier_kind = "shell.run";
  const std::string head = "pgcleave: 1\nname: x\nprepare:\n  - {id: tidy, uses: ", tail = ", with: {argv: [tidy]}}\n";
  const auto earlier = read_runbook("r.yml", head + "shell.run" + tail, words);
  REQUIRE(earlier.value);
  const auto& step = earlier.value->phases.front().steps.front();
  CHECK(step.uses == "command.run");
  CHECK(step.with.at("argv") == Json::array({"tidy"}));
  CHECK(texts(notes(*earlier.value, words)) ==
        Texts{"r.yml:4:5: step 'tidy': shell.run is called command.run now\n  write uses: command.run; the earlier "
              "name is still read",
              "r.yml:4:5: step 'tidy' (command.run) can't be undone: only its author knows what it does"});
  const auto today = read_runbook("r.yml", head + "command.run" + tail, words);
  REQUIRE(today.value);
  CHECK(notes(*today.value, words).size() == 1);
  CHECK_FALSE(read_runbook("r.yml", head + "shell.run" + tail, a_vocabulary()).value);
}

TEST_CASE("notes tell what can't be undone and that there is no rollback") {
  CHECK(texts(notes(good_runbook(), a_vocabulary())) ==
        Texts{"r.yml:35:7: step 'tidy' (command.run) can't be undone: only its author knows what it does"});
  const auto forward = read_runbook("r.yml", good_text.substr(0, good_text.find("rollback:")), a_vocabulary());
  REQUIRE(forward.value);
  CHECK(texts(notes(*forward.value, a_vocabulary())) ==
        Texts{"r.yml:22:7: after step 'take' there is no rollback: the runbook has "
              "none\n  add rollback with a window that takes ownership back"});
}
