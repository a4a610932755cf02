#include "runbook/proof.h"

#include <catch2/catch.hpp>

#include "a_vocabulary.h"

using namespace pgcleave::runbook;
using namespace pgcleave::config;

namespace {

const std::string pausing = "    - {id: pause, uses: pgbouncer.pause}\n";
const std::string resuming = "    - {id: resume, uses: pgbouncer.resume}\n";
const std::string releasing = "    - {id: release, uses: ownership.release, with: {on: source}}\n";
const std::string taking = "    - {id: take, uses: ownership.take, with: {on: target}}\n";

Texts window(const std::string& steps, const std::string& budget = "5s") {
  const auto read = read_runbook("r.yml", "pgcleave: 1\nname: x\nwindow:\n  budget: " + budget + "\n  steps:\n" + steps,
                                 a_vocabulary());
  return texts(read.problems);
}

}  // namespace

TEST_CASE("a window that pauses, releases, takes and resumes is proved") {
  CHECK(window(pausing + releasing + taking + resuming) == Texts{});
  CHECK(window(pausing + resuming) == Texts{});
  CHECK(window(resuming) == Texts{});
  CHECK(window(releasing + taking) == Texts{});
}

TEST_CASE("a pause needs a resume after it in the same window") {
  const Texts expected{
      "r.yml:6:7: step 'pause' pauses clients, and no step after it resumes them in this window\n  add a step that "
      "resumes, such as "
      "pgbouncer.resume"};
  CHECK(window(pausing) == expected);
  CHECK(window(pausing + releasing + taking + "verify:\n  - {id: resume, uses: pgbouncer.resume}\n") == expected);
}

TEST_CASE("clients are not resumed between release and take") {
  CHECK(window(pausing + releasing + resuming + taking) ==
        Texts{"r.yml:9:7: step 'take' takes ownership after clients were resumed: they would "
              "write while nobody owns the tables\n  move the step that resumes behind it"});
}

TEST_CASE("ownership is taken only after it was released from the other side in the same window") {
  const std::string hint = "\n  add a step that releases with on: source in front of it, such as ownership.release";
  CHECK(window(pausing + taking + resuming) == Texts{"r.yml:7:7: step 'take' takes ownership on the target, but no "
                                                     "earlier step of this window releases it on the source" +
                                                     hint});
  CHECK(window(pausing + taking + releasing + resuming) ==
        Texts{"r.yml:7:7: step 'take' takes ownership on the target, but no earlier step of this window releases it on "
              "the source" +
                  hint,
              "r.yml:8:7: step 'release' releases ownership after 'take' took it\n  move it in front"});
  CHECK(window("    - {id: release, uses: ownership.release, with: {on: target}}\n" + taking) ==
        Texts{"r.yml:7:7: step 'take' takes ownership on the target, but no earlier step of this window releases it on "
              "the source" +
              hint});
}

TEST_CASE("ownership is taken once in a window and not left with nobody") {
  CHECK(window(releasing + taking + "    - {id: more, uses: ownership.take, with: {on: target}}\n") ==
        Texts{"r.yml:8:7: step 'more' takes ownership again after 'take'\n  a window takes ownership once"});
  CHECK(window(pausing + releasing + resuming) == Texts{"r.yml:7:7: step 'release' releases ownership of the source, "
                                                        "and no step of this window takes it: nobody could write\n"
                                                        "  add a step that takes ownership on the other side"});
}

TEST_CASE("the side of release and take is written out, or nothing could be proved") {
  CHECK(window("    - {id: release, uses: ownership.release, with: {on: \"${params.a}\"}}\n" + taking +
               "params: {a: {type: side}}\n") ==
        Texts{"r.yml:6:7: step 'release' must say on which side, as source or target\n  write with: {on: source} or "
              "with: {on: target}",
              "r.yml:7:7: step 'take' takes ownership on the target, but no earlier step of this window releases it on "
              "the source\n"
              "  add a step that releases with on: source in front of it, such as ownership.release"});
}

TEST_CASE("nothing in a window waits for a person, is tried again or may be skipped where it matters") {
  CHECK(window("    - {id: go, uses: gate.approve, with: {text: Go on}}\n") ==
        Texts{"r.yml:6:7: step 'go' waits for a person while clients wait in window\n  move it in front of the window, "
              "to gate"});
  CHECK(window("    - {id: lag, uses: check.lag, retries: 1}\n") ==
        Texts{"r.yml:6:7: step 'lag' has retries inside a window\n  remove them: the budget bounds the window, and "
              "what fails is undone"});
  CHECK(window(pausing + "    - {id: resume, uses: pgbouncer.resume, when: \"${env.name} == 'a'\"}\n") ==
        Texts{"r.yml:7:7: step 'resume' may be skipped by its `when`, but it pauses, resumes, releases or takes\n  "
              "remove `when`"});
  CHECK(window("    - {id: lag, uses: check.lag, when: \"${env.name} == 'a'\"}\n") == Texts{});
}

TEST_CASE("pausing, releasing and taking stand in a window only") {
  const auto outside = [](const std::string& steps) {
    return texts(read_runbook("r.yml", "pgcleave: 1\nname: x\nrollback:\n  then:\n" + steps, a_vocabulary()).problems);
  };
  const std::string hint = "\n  move it into a window: only there clients wait within a budget";
  CHECK(outside(pausing + releasing + taking + resuming) ==
        Texts{"r.yml:5:7: step 'pause' pauses clients outside a window, in rollback.then" + hint,
              "r.yml:6:7: step 'release' releases ownership outside a window, in rollback.then" + hint,
              "r.yml:7:7: step 'take' takes ownership outside a window, in rollback.then" + hint});
}

TEST_CASE("every window has a budget longer than nothing") {
  CHECK(texts(read_runbook("r.yml", "pgcleave: 1\nname: x\nwindow:\n  steps:\n" + resuming, a_vocabulary()).problems) ==
        Texts{"r.yml:4:3: window has no key 'budget'"});
  CHECK(window(resuming, "0s") == Texts{"r.yml:4:11: budget must be longer than nothing\n  write the longest time that "
                                        "clients may wait, such as 5s"});
  CHECK(window(resuming, "soon") == Texts{"r.yml:4:11: budget: 'soon' is not a duration\n  write a whole number with "
                                          "us, ms, s, m or h, such as 250ms"});
  CHECK(window(resuming, "\"${env.name}\"") ==
        Texts{"r.yml:4:11: budget must be a duration or one ${params.x}\n  write a duration such as 5s"});
  CHECK(window(resuming + "params: {b: {type: bytes}}\n", "\"${params.b}\"") ==
        Texts{"r.yml:4:11: budget must be of type duration, but ${params.b} is of type bytes"});
  CHECK(window(resuming + "params: {b: {type: duration, default: 0s}}\n", "\"${params.b}\"") ==
        Texts{"r.yml:4:11: the default of ${params.b}, the budget, must be longer than nothing\n  write the longest "
              "time that clients may "
              "wait, such as 5s"});
  CHECK(window(resuming + "params: {b: {type: duration}}\n", "\"${params.c}\"") ==
        Texts{"r.yml:4:11: ${params.c}: there is no parameter 'c'\n  did you mean 'b'?"});
}
