// One step that can't be begun, is already applied, or is tried again: what people are told, and what becomes of the
// run.
#include "engine/step_runner.h"

#include <algorithm>

#include "a_split.h"
#include "a_state.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

const std::string params = "params:\n  word: {type: text, default: tree, help: what to write}\n";

}  // namespace

TEST_CASE(
    "a step whose condition or words can't be read fails with the parameter's name, and what was done before is "
    "undone") {
  for (const auto& step : {make("b", ", when: \"${params.word} == tree\""), line("b", "echo ${params.word}")}) {
    ARun run(head + params + "prepare:\n" + make("a") + step);
    const auto ending = run.forward();
    INFO(ending.text);
    CHECK(ending.exit == ExitCode::undone);
    CHECK(ending.text.find("'params' has no 'word'") != std::string::npos);
    CHECK(run.status("b") == StepStatus::failed);
    CHECK(run.log() == Lines{"do a", "undo a"});
  }
}

TEST_CASE("a window with a step whose words can't be read is not entered") {
  ARun run(head + params + window(make("a") + line("b", "echo ${params.word}")));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::not_ready);
  CHECK(ending.text.find("params.word") != std::string::npos);
  CHECK(run.log().empty());
  CHECK(run.record().windows.empty());
}

TEST_CASE("people are told of a step that was there already, with what was seen") {
  ARun run(head + "prepare:\n" + make("a"));
  std::ofstream(run.file("a")) << "mine\n";
  Told told(run);
  CHECK(run.forward().exit == ExitCode::done);
  CHECK(told.at("say", "ok: check ended with 0") > told.at("say", "prepare"));
  CHECK(run.log().empty());
}

TEST_CASE("people are told that a step is tried again and why, also when it only took too long") {
  for (const auto* command : {"exit 3", "sleep 30"}) {
    ARun run(
        head + "prepare:\n" +
        line("a", std::string("test -e @/again && exit 0; touch @/again; ") + command, ", timeout: 400ms, retries: 1"));
    Told told(run);
    CHECK(run.forward().exit == ExitCode::done);
    INFO(told.text());
    CHECK(told.has("warn", "  a: "));
    CHECK(told.has("warn", "; trying again"));
  }
}

TEST_CASE("who asks to stop while a step waits to be tried again need not wait, and it is not tried again") {
  ARun run(head + "prepare:\n" + make("a") + line("b", "echo try >> @/log; exit 3", ", retries: 50"));
  run.when_warned = [&](const std::string& text) {
    if (text.find("trying again") != std::string::npos) run.stop.request();
  };
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(run.log() == Lines{"do a", "try", "undo a"});
}

TEST_CASE("what nobody approved is not asked again, however often its step may be tried") {
  ARun run(head + "gate:\n  - {id: go, uses: gate.approve, with: {text: go on, expires: 15m}, retries: 5}\n");
  Told told(run);
  CHECK(run.forward().exit == ExitCode::waiting);
  CHECK_FALSE(told.has("warn", "trying again"));
}

TEST_CASE("past the point of no return people are warned of a check that fails, and the run goes on") {
  ASplit run(head + window(release_and_take) +
             "verify:\n  - {id: branch, uses: postgres.check_branch, with: {on: target, lsn: 0/1}}\n" + make("c"));
  const auto ending = run.forward();
  INFO(run.told.text());
  CHECK(ending.exit == ExitCode::done_with_misses);
  CHECK(run.told.has("warn", "  branch: "));
  CHECK(run.told.has("warn", "was promoted before the captured position"));
  CHECK(run.told.at("say", "  c ") > run.told.at("warn", "  branch: "));
}

TEST_CASE("a check that fails after an approval, before anything was changed, leaves nothing to undo") {
  ARun run(head + "gate:\n" + gate("go") + window(release_and_take + make("a")));
  run.beforehand = {"go"};
  const auto ending = run.forward();  // nobody answers for the sides
  CHECK(ending.exit == ExitCode::not_ready);
  CHECK(ending.text.find("; nothing was changed") != std::string::npos);
  CHECK(run.log().empty());
  CHECK(run.record().windows.empty());
}

// The target of these servers is writable already, and no run's mark says who promoted it.
TEST_CASE("who finds what somebody else did is told how to go on, and of a rollback only where there is one") {
  const std::string promote = "  - {id: promote, uses: patroni.promote, with: {cluster: target}}\n";
  const std::string resume = "look at what was found and put it right; then: pgcleave resume " + ARun::id;
  const std::string either =
      "look at what was found and put it right, or undo this run with: pgcleave rollback " + ARun::id;
  const auto hint_of = [](const ARun& run) {
    const auto events = run.events();
    const auto failed =
        std::find_if(events.rbegin(), events.rend(), [](const auto& event) { return event.type == "step.failed"; });
    if (failed == events.rend()) FAIL("no step failed");
    CHECK(failed->data.at("error").at("kind") == "conflict");
    CHECK(failed->data.at("error").at("seen").get<std::string>().find("promoted by somebody else") !=
          std::string::npos);
    return failed->data.at("error").at("hint").get<std::string>();
  };
  ASplit preparing(head + "prepare:\n" + make("a") + promote);
  CHECK(preparing.forward().exit == ExitCode::undone);
  CHECK(hint_of(preparing) == either);
  CHECK(preparing.log() == Lines{"do a", "undo a"});

  ASplit behind(head + window(release_and_take) + "verify:\n" + promote);
  CHECK(behind.forward().exit == ExitCode::past_no_return);
  CHECK(hint_of(behind) == resume);

  ASplit going_back(head + window(release_and_take) + "rollback:\n  prepare:\n  " + promote);
  REQUIRE(going_back.forward().exit == ExitCode::done);
  CHECK(going_back.back().exit == ExitCode::not_ready);
  CHECK(hint_of(going_back) == resume);

  ASplit ended(head + "verify:\n  - {id: end, uses: replication.stop_reverse}\n" + promote);
  ended.write("run.begun", {{"split_name", "ci"}});
  ended.write("phase.begun", {{"phase", "verify"}});
  ended.write("step.intent", {{"step", "end"}, {"uses", "replication.stop_reverse"}});
  ended.write("effect.announced", {{"step", "end"}, {"effect", "drop subscription x"}});
  CHECK(ended.resume().exit == ExitCode::past_no_return);
  CHECK(hint_of(ended) == resume);
}

TEST_CASE("a step that this run began keeps what was before its first try, and is its own when it shows later") {
  ARun run(head + "prepare:\n" + make("a"));
  AState of(run);
  of.write("phase.begun", {{"phase", "prepare"}});
  of.write("step.intent", {{"step", "a"}, {"uses", "run.command"}, {"before", {{"first", true}}}});
  StepRunner steps(of.state);
  const auto again = [&] { return steps.run(of.line("a"), Deadline::in(std::chrono::seconds(20)), nullptr); };
  REQUIRE(again());
  CHECK(run.record().steps.at("a").before == Json{{"first", true}});
  CHECK(run.log() == Lines{"do a"});
  of.write("step.failed", {{"step", "a"}, {"error", Json::object()}, {"outcome", "unknown"}});
  REQUIRE(again());
  CHECK(run.status("a") == StepStatus::done);  // not already applied: undo must know of it
  CHECK(run.log() == Lines{"do a"});
}

TEST_CASE("a step's error is recorded, and one whose answer was lost as unknown") {
  for (const auto& [command, outcome] : {std::pair{"exit 3", "failed"}, std::pair{"sleep 30", "unknown"}}) {
    ARun run(head + "prepare:\n" + line("a", command));
    AState of(run);
    of.write("phase.begun", {{"phase", "prepare"}});
    StepRunner steps(of.state);
    const auto done = steps.run(of.line("a"), Deadline::in(std::chrono::milliseconds(300)), nullptr);
    REQUIRE_FALSE(done);
    const auto event = run.events().back();
    CHECK(event.type == "step.failed");
    CHECK(event.data.at("text") == done.error().text());
    CHECK(event.data.at("outcome") == outcome);
  }
}

TEST_CASE("what is settled is inspected again before the window, and not any more behind it") {
  for (const bool behind : {false, true}) {
    ARun run(head + window(release_and_take) + "verify:\n" + make("a"));
    AState of(run);
    of.write("phase.begun", {{"phase", "window"}});
    if (behind) of.write("window.taken", {{"phase", "window"}});
    of.write("phase.begun", {{"phase", "verify"}});
    of.write("step.done", {{"step", "a"}, {outputs_field, Json::object()}});
    StepRunner steps(of.state);
    REQUIRE(steps.run(of.line("a"), Deadline::in(std::chrono::seconds(20)), nullptr));
    CHECK(run.has("a") != behind);
  }
}

}  // namespace pgcleave::engine
