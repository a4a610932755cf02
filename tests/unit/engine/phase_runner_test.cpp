// Gates forward and back: what a rollback asks, runs and leaves out.
#include "engine/phase_runner.h"

#include "a_run.h"
#include "a_state.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

std::string deeper(const std::string& steps) {
  std::string text;
  std::istringstream lines(steps);
  for (std::string one; std::getline(lines, one);) text += "  " + one + "\n";
  return text;
}

// Its window takes nothing, and is behind when it was left.
std::string with_a_rollback(const std::string& verify) {
  return head + window(make("split")) + "verify:\n" + verify + "rollback:\n  prepare:\n" + deeper(make("look")) +
         "  gate:\n    - {id: sure, uses: gate.approve, with: {text: Sure, words: give it up}}\n" + "  then:\n" +
         deeper(make("back"));
}

}  // namespace

TEST_CASE("who rolls back while verify waits for a person is not asked that, and what comes after it is not done") {
  ARun run(with_a_rollback(make("proof") + gate("tested") + make("open")));
  REQUIRE(run.forward().exit == ExitCode::waiting);
  run.beforehand = {"sure=give it up"};
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do split", "do proof", "do look", "do back"});
  CHECK(run.record().state(false) == "rolled back");
}

TEST_CASE("what verify proves before it asks a person is proved before a rollback") {
  ARun run(with_a_rollback(line("proof", "echo proof >> @/log; test -e @/ready") + gate("tested") + make("open")));
  CHECK(run.forward().exit == ExitCode::past_no_return);
  run.beforehand = {"sure=give it up"};
  CHECK(run.back().exit == ExitCode::past_no_return);
  CHECK(run.log() == Lines{"do split", "proof", "proof"});
  std::ofstream(run.file("ready")) << "\n";
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do split", "proof", "proof", "proof", "do look", "do back"});
}

TEST_CASE("a rollback leaves alone what verify has settled, whatever became of it since") {
  ARun run(with_a_rollback(make("proof")));
  REQUIRE(run.forward().exit == ExitCode::done);
  std::filesystem::remove(run.file("proof"));
  run.beforehand = {"sure=give it up"};
  CHECK(run.back().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do split", "do proof", "do look", "do back"});
}

TEST_CASE("rejecting a rollback gate cancels the rollback: the run keeps its previous state, and can go on") {
  ARun run(with_a_rollback(make("proof") + gate("tested") + make("open")));
  REQUIRE(run.forward().exit == ExitCode::waiting);
  run.beforehand = {"sure"};
  const auto refused = run.back();
  CHECK(refused.exit == ExitCode::not_ready);
  CHECK(refused.text.find("was not approved (expected give it up") != std::string::npos);
  CHECK(run.log() == Lines{"do split", "do proof", "do look", "undo look"});
  CHECK(run.record().is_open());
  run.beforehand.clear();
  CHECK(run.resume().exit == ExitCode::waiting);
  CHECK(run.record().waiting_for == "tested");
  run.beforehand = {"tested"};
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do split", "do proof", "do look", "undo look", "do open"});
}

TEST_CASE("a run that went all the way is done again when its rollback is refused") {
  ARun run(with_a_rollback(make("proof")));
  REQUIRE(run.forward().exit == ExitCode::done);
  run.beforehand = {"sure=no"};
  CHECK(run.back().exit == ExitCode::not_ready);
  CHECK(run.record().state(false) == "done, its rollback was undone");
  CHECK_FALSE(run.record().is_open());
  run.beforehand.clear();
  const auto waiting = run.back();
  CHECK(waiting.exit == ExitCode::waiting);
  CHECK(waiting.text == "waits for approval: Sure (to approve, type: give it up)");
  CHECK(waiting.next.find("pgcleave approve " + ARun::id + " sure --words '...'") == 0);
}

TEST_CASE("a rollback that died before it undid everything is gone on with by resume") {
  bool died = true;
  for (int point = 1; died; ++point) {
    INFO("it dies at point " << point);
    ARun run(head + "prepare:\n" + make("a") + "gate:\n" + gate("go") + window(make("c")));
    REQUIRE(run.forward().exit == ExitCode::waiting);
    died = !run.dying_at(point, [&] { return run.back(); });
    if (!died) continue;
    const bool asked = run.record().rolling_back;
    run.beforehand.clear();
    const auto ending = run.resume();
    if (!asked) continue;  // it died before it could note the direction
    CHECK(ending.exit == ExitCode::done);
    CHECK_FALSE(run.has("a"));
    CHECK(run.record().state(false) == "undone");
  }
}

TEST_CASE("a rollback that died before its proofs is proved by resume too, before it goes on") {
  ARun run(with_a_rollback(line("proof", "echo proof >> @/log; test -e @/ready") + gate("tested") + make("open")));
  CHECK(run.forward().exit == ExitCode::past_no_return);
  run.beforehand = {"sure=give it up"};
  int point = 1;
  while (run.dying_at(point, [&] { return run.back(); }) || !run.record().rolling_back) ++point;
  CHECK(run.resume().exit == ExitCode::past_no_return);
  CHECK(run.log().back() == "proof");
  std::ofstream(run.file("ready")) << "\n";
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.record().state(false) == "rolled back");
}

TEST_CASE("a phase ends at the first step that fails, and a gate that a person rejected is told from a stop") {
  ARun run(head + "gate:\n" + make("a") + gate("go") + make("b"));
  AState of(run);
  StepRunner steps(of.state);
  PhaseRunner phases(of.state, steps);
  std::optional<world::Approval> answer;
  of.world.approvers = world::Approvers([&](const world::Question&) { return answer; });
  CHECK(phases.run(of.phase(runbook::PhaseKind::gate)).error().kind == ErrorKind::waiting);
  CHECK_FALSE(phases.gate_was_rejected());
  answer = world::Approval{};
  CHECK(phases.run(of.phase(runbook::PhaseKind::gate)).error().kind == ErrorKind::interrupted);
  CHECK(phases.gate_was_rejected());
  answer->given = true;
  run.stop.request();
  CHECK(phases.run(of.phase(runbook::PhaseKind::gate)).error().kind == ErrorKind::interrupted);
  CHECK_FALSE(phases.gate_was_rejected());
  CHECK(run.log() == Lines{"do a"});
}

}  // namespace pgcleave::engine
