#include "engine/run.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "a_run.h"
#include "engine/plan.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

std::string from_a_to_e() {
  return head + "prepare:\n" + make("a") + make("b") + window(make("c") + make("d")) + "verify:\n" + make("e");
}

Lines effects(const ARun& run, bool undo) {
  Lines all;
  for (const auto& event : run.events()) {
    if (event.type == "effect.announced" && event.data.value("undo", false) == undo)
      all.push_back(event.data.at("effect"));
  }
  return all;
}

}  // namespace

TEST_CASE("a run does its steps in order and says that it is done") {
  ARun run(from_a_to_e());
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b", "do c", "do d", "do e"});
  const auto record = run.record();
  CHECK(record.state(false) == "done");
  CHECK(record.exit == 0);
  CHECK(record.serves == world::Serving::unknown);
  CHECK(record.windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::done);
  for (const char* step : {"a", "b", "c", "d", "e"}) CHECK(record.steps.at(step).status == StepStatus::done);
  REQUIRE(run.journal().verify_chain());
}

TEST_CASE("plan does nothing, and says word for word what the run then does") {
  ARun run(from_a_to_e());
  auto world = ARun::world();
  const auto planned =
      plan(run.runbook(), {{"params", Json::object()}, {"env", Json::object()}}, world, Direction::forward);
  Lines foretold;
  for (const auto& step : planned) {
    CHECK(step.state == (step.phase == runbook::PhaseKind::prepare ? PlannedState::pending : PlannedState::later));
    foretold.insert(foretold.end(), step.effects.begin(), step.effects.end());
  }
  CHECK(run.log().empty());
  CHECK(world.effects == nullptr);
  REQUIRE(run.forward().exit == ExitCode::done);
  CHECK(foretold == effects(run, false));
}

TEST_CASE("the window's record says beforehand all that the window will do") {
  ARun run(from_a_to_e());
  REQUIRE(run.forward().exit == ExitCode::done);
  Lines foretold;
  Lines done;
  for (const auto& event : run.events()) {
    if (event.type == "window.entered") foretold = event.data.at("effects").get<Lines>();
    if (event.type == "window.left") break;
    if (event.type == "effect.announced" && !foretold.empty()) done.push_back(event.data.at("effect"));
  }
  CHECK(foretold.size() == 2);
  CHECK(done == foretold);
  const double cpu_ms = run.record().windows.at(runbook::PhaseKind::window).cpu_ms;
  CHECK(cpu_ms > 0);
  CHECK(cpu_ms < 10'000);
}

TEST_CASE("when a step fails everything is undone, last first, and the failed step too") {
  ARun run(head + "prepare:\n" + make("a") + make("b") + window(make("c")) + "verify:\n" + make("d") +
           "  - {id: e, uses: run.command, with: {argv: [sh, -c, 'echo do e >> @/log; exit 3'], undo: [sh, -c, 'echo "
           "undo e >> @/log']}}\n");
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(ending.text.find("exit code 3") != std::string::npos);
  CHECK(ending.text.find("undone") != std::string::npos);
  // First what the window did, then the rest.
  CHECK(run.log() == Lines{"do a", "do b", "do c", "do d", "do e", "undo c", "undo e", "undo d", "undo b", "undo a"});
  CHECK(run.record().state(false) == "undone");
  CHECK_FALSE(run.record().is_open());
}

TEST_CASE(
    "when a step fails in the window the window is undone, last first, and what was prepared stays for the next try") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b") + make("c") + line("d", "exit 1") + make("e")) +
           "verify:\n" + make("f"));
  CHECK(run.forward().exit == ExitCode::undone);
  CHECK(run.log() == Lines{"do a", "do b", "do c", "undo c", "undo b"});
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::undone);
  CHECK(run.record().state(false) == "window undone");
  CHECK(run.record().is_open());
  CHECK(run.status("a") == StepStatus::done);
  CHECK(run.status("e") == StepStatus::untouched);
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b", "do c", "undo c", "undo b", "undo a"});
}

TEST_CASE("a step that is already applied is never undone") {
  ARun run(head + "prepare:\n" + make("a") + make("b") + line("c", "exit 1"));
  std::ofstream(run.file("a")) << "mine\n";
  CHECK(run.forward().exit == ExitCode::undone);
  CHECK(run.log() == Lines{"do b", "undo b"});
  CHECK(run.status("a") == StepStatus::already_applied);
  CHECK(run.has("a"));
}

TEST_CASE("an applied step that does not show has failed") {
  ARun run(head +
           "prepare:\n  - {id: a, uses: run.command, with: {argv: ['true'], check: [test, -e, @/never], undo: [sh, -c, "
           "'echo undo a >> "
           "@/log']}}\n");
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(ending.text.find("does not show") != std::string::npos);
  CHECK(run.log() == Lines{"undo a"});
}

TEST_CASE("a step is tried again as often as it says, and no oftener") {
  const auto text = [](const std::string& retries) {
    return head + "prepare:\n" + line("a", "echo try >> @/log; test $(wc -l < @/log) -ge 2", ", retries: " + retries) +
           make("b");
  };
  ARun patient(text("3"));
  CHECK(patient.forward().exit == ExitCode::done);
  CHECK(patient.log() == Lines{"try", "try", "do b"});
  CHECK(patient.record().steps.at("a").intents == 2);
  ARun hasty(text("0"));
  CHECK(hasty.forward().exit == ExitCode::undone);
  CHECK(hasty.log() == Lines{"try"});
}

TEST_CASE("a step whose condition does not hold is skipped, in undo too") {
  ARun run(head + "params:\n  full: {type: boolean, default: false, help: all of it}\n" + "prepare:\n" +
           make("a", ", when: \"${params.full} == true\"") + make("b", ", when: \"${params.full} == false\"") +
           line("c", "exit 1"));
  run.params = {{"full", false}};
  CHECK(run.forward().exit == ExitCode::undone);
  CHECK(run.log() == Lines{"do b", "undo b"});
  CHECK(run.status("a") == StepStatus::skipped);
}

TEST_CASE("parameters are put into a step's words") {
  ARun run(head + "params:\n  word: {type: text, default: tree, help: what to write}\n" + "prepare:\n" +
           line("a", "echo ${params.word} >> @/log"));
  run.params = {{"word", "stone"}};
  CHECK(run.forward().exit == ExitCode::done);
  CHECK(run.log() == Lines{"stone"});
}

TEST_CASE("ctrl-C outside the window stops before the next step, and resume goes on from there") {
  ARun run(head + "prepare:\n" + make("a") + make("b") + make("c"));
  run.when_said = [&](const std::string& text) {
    if (text.find("  a ") != std::string::npos) run.stop.request();
  };
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.next.find("pgcleave resume " + ARun::id) != std::string::npos);
  CHECK(run.log() == Lines{"do a"});
  CHECK(run.record().state(false) == "stopped");
  CHECK(run.record().is_open());
  run.stop.clear();
  run.when_said = nullptr;
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b", "do c"});
}

TEST_CASE("ctrl-C in the window undoes it") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b") + make("c")));
  run.when_said = [&](const std::string& text) {
    if (text.find("  b ") != std::string::npos) run.stop.request();
  };
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(run.log() == Lines{"do a", "do b", "undo b"});
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::undone);
}

TEST_CASE("ctrl-C ends a command that is under way in the window, and it is undone") {
  ARun run(head + window("  - {id: a, uses: run.command, with: {argv: [sh, -c, 'touch @/began; sleep 30'], undo: [sh, "
                         "-c, 'echo undo a >> @/log']}}\n"));
  std::thread operator_at_the_keys([&] {
    for (int i = 0; i < 1000 && !run.has("began"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    run.stop.request();
  });
  const auto began = Monotonic::now();
  const auto ending = run.forward();
  operator_at_the_keys.join();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(run.log() == Lines{"undo a"});
  CHECK(Monotonic::now() - began < std::chrono::seconds(15));
}

TEST_CASE("a window that loses its budget is undone in time") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b") + line("c", "sleep 30") + make("d"), "600ms"));
  const auto began = Monotonic::now();
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(Monotonic::now() - began < std::chrono::seconds(8));
  CHECK(run.log() == Lines{"do a", "do b", "undo b"});
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::undone);
  CHECK(run.status("d") == StepStatus::untouched);
}

TEST_CASE("a step's own timeout ends it") {
  ARun run(head + "prepare:\n" + make("a") + line("b", "sleep 30", ", timeout: 200ms"));
  const auto began = Monotonic::now();
  CHECK(run.forward().exit == ExitCode::undone);
  CHECK(Monotonic::now() - began < std::chrono::seconds(8));
  CHECK(run.log() == Lines{"do a", "undo a"});
}

TEST_CASE("a gate that nobody has answered waits, and an approval lets the run go on") {
  ARun run(head + "prepare:\n" + make("a") + "gate:\n" + gate("go") + window(make("b")));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::waiting);
  CHECK(ending.next == "pgcleave approve " + ARun::id + " go && pgcleave resume " + ARun::id);
  CHECK(run.record().state(false) == "waiting for approval");
  CHECK(run.record().waiting_for == "go");
  CHECK(run.resume().exit == ExitCode::waiting);
  run.write("gate.approved", {{"step", "go"}, {"by", "ann"}, {"how", "by command"}});
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b"});
  CHECK(run.record().steps.at("go").outputs.at("by") == "ann");
}

TEST_CASE("a gate is asked again when the window behind it was undone") {
  ARun run(head + "gate:\n" + gate("go") + window(make("a") + line("b", "test -e @/ready") + make("c")));
  run.beforehand = {"go"};
  CHECK(run.forward().exit == ExitCode::undone);
  run.beforehand.clear();
  CHECK(run.resume().exit == ExitCode::waiting);
  CHECK(run.log() == Lines{"do a", "undo a"});
}

TEST_CASE("rollback before the point of no return undoes all") {
  ARun run(head + "prepare:\n" + make("a") + make("b") + "gate:\n" + gate("go") + window(make("c")));
  REQUIRE(run.forward().exit == ExitCode::waiting);
  const auto ending = run.back();
  CHECK(ending.exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b", "undo b", "undo a"});
  CHECK(run.record().state(false) == "undone");
}

TEST_CASE("what can't be undone is told and does not keep the rest from being undone; resume after repair goes on") {
  ARun run(head + "prepare:\n" + make("a") +
           "  - {id: b, uses: run.command, with: {argv: ['true'], undo: [sh, -c, 'test -e @/repaired && echo undo b >> "
           "@/log']}}\n" +
           make("c") + line("d", "exit 1"));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.text.find("not all of it could be undone") != std::string::npos);
  CHECK(run.log() == Lines{"do a", "do c", "undo c", "undo a"});
  CHECK(run.status("b") == StepStatus::undo_failed);
  CHECK(run.record().is_open());
  std::ofstream(run.file("repaired")) << "\n";
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do c", "undo c", "undo a", "undo b"});
  CHECK(run.record().state(false) == "undone");
}

TEST_CASE("without its journal a run does nothing more outside the window") {
  ARun run(head + "prepare:\n" + make("a") + line("b", "rm -r @/journal") + make("c"));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.text.find("journal") != std::string::npos);
  CHECK(run.log() == Lines{"do a"});
}

TEST_CASE("a window whose journal is lost is still undone, since clients wait") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b") + line("c", "rm -r @/journal") + make("d")));
  const auto ending = run.forward();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(ending.text.find("the journal could not be written") != std::string::npos);
  CHECK(run.log() == Lines{"do a", "do b", "undo b"});
}

TEST_CASE("past the point of no return a run that died is finished, and a failing check is told, not obeyed") {
  const auto steps = std::string(
      "  - {id: release, uses: ownership.release, with: {on: source}}\n  - {id: take, uses: ownership.take, with: {on: "
      "target}}\n");
  ARun run(head + window(steps + make("a") + make("b")) +
           "verify:\n  - {id: branch, uses: postgres.check_branch, with: {on: target, lsn: 0/1}}\n" + make("c"));
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  run.write("window.taken", {{"phase", "window"}});
  run.stop.request();  // nothing stops the tail
  CHECK(run.resume().exit == ExitCode::past_no_return);
  CHECK(run.log() == Lines{"do a", "do b"});
  CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome == journal::WindowOutcome::done);
  run.stop.clear();
  const auto ending = run.resume();
  CHECK(ending.exit == ExitCode::done_with_misses);
  CHECK(ending.text.find("missed") != std::string::npos);
  CHECK(run.log() == Lines{"do a", "do b", "do c"});
  CHECK(run.record().misses.size() == 1);
}

TEST_CASE("a step that fails after the point of no return is tried again until it is done") {
  const auto steps = std::string(
      "  - {id: release, uses: ownership.release, with: {on: source}}\n  - {id: take, uses: ownership.take, with: {on: "
      "target}}\n");
  ARun run(head + window(steps + line("a", "echo try >> @/log; test $(wc -l < @/log) -ge 3") + make("b")));
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  run.write("window.taken", {{"phase", "window"}});
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.log() == Lines{"try", "try", "try", "do b"});
}

TEST_CASE("a window whose slow undo was interrupted is not entered again before that has ended") {
  ARun run(head + window("  - {id: promote, uses: patroni.promote, with: {cluster: target}}\n" + make("a")));
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  run.write("step.intent", {{"step", "promote"},
                            {"uses", "patroni.promote"},
                            {"with", {{"cluster", "target"}}},
                            {"before", {{"standby_cluster", {{"host", "x"}}}}}});
  run.write("step.done", {{"step", "promote"}});
  run.write("window.left", {{"phase", "window"}, {"outcome", "undone"}});
  CHECK(run.resume().exit == ExitCode::needs_person);  // nobody answers for the target
  CHECK(run.status("promote") == StepStatus::undo_failed);
  // Not even tried: no phase was begun anew.
  const auto events = run.events();
  CHECK(std::count_if(events.begin(), events.end(), [](const auto& event) { return event.type == "phase.begun"; }) ==
        1);
  CHECK(run.log().empty());
}

}  // namespace pgcleave::engine
