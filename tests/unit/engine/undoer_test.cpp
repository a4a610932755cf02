#include "engine/undoer.h"

#include "a_state.h"
#include "engine/step_runner.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

// Both directions have something to undo.
std::string two_directions() {
  return head + "prepare:\n" + make("a") + make("b") + window(make("c") + make("d")) + "rollback:\n  prepare:\n  " +
         make("e") + "  window:\n    budget: 20s\n    steps:\n    " + make("f");
}

// As the run does it: each step in its phase, as far as this one.
void run_until(AState& of, const std::string& last) {
  StepRunner steps(of.state);
  for (const auto& phase : of.state.definition.phases) {
    of.write("phase.begun", {{"phase", phase.name}});
    for (const auto& line : phase.steps) {
      const auto done = steps.run(line, Deadline::in(std::chrono::seconds(20)), nullptr);
      if (!done) FAIL(done.error().text());
      if (line.id == last) return;
    }
  }
}

}  // namespace

TEST_CASE("a direction is undone last first, its window before what was prepared, and the other one stays") {
  ARun run(two_directions());
  AState of(run);
  run_until(of, "f");
  fs::remove(run.file("log"));
  Undoer undoer(of.state);
  CHECK(undoer.undo_rest(Direction::back));
  CHECK(run.log() == Lines{"undo f", "undo e"});
  CHECK(undoer.undo_rest(Direction::forward));
  CHECK(run.log() == Lines{"undo f", "undo e", "undo d", "undo c", "undo b", "undo a"});
  CHECK(run.events().back().type == "undo.finished");
  CHECK(run.events().back().data.at("complete") == true);
  int of_undo = 0;
  for (const auto& event : run.events()) {
    if (event.type == "effect.announced") of_undo += event.data.value("undo", false) ? 1 : 0;
  }
  CHECK(of_undo == 6);  // so that a reader of the journal takes none for what the run did
}

TEST_CASE("a phase is undone alone, and what is undone already is passed over") {
  ARun run(two_directions());
  AState of(run);
  run_until(of, "d");
  fs::remove(run.file("log"));
  Undoer undoer(of.state);
  for (const auto part : {Undoer::Part::clients_wait_for, Undoer::Part::all})
    CHECK(undoer.undo_phase(of.phase(runbook::PhaseKind::window), part));
  CHECK(run.log() == Lines{"undo d", "undo c"});
  CHECK(run.status("c") == StepStatus::undone);
  CHECK(run.status("b") == StepStatus::done);
}

TEST_CASE("a step that can't be undone keeps no other one from being undone, and is tried again the next time") {
  ARun run(head + "prepare:\n" + make("a") +
           "  - {id: b, uses: run.command, with: {argv: ['true'], undo: [sh, -c, 'echo undo b >> @/log; test -e "
           "@/repaired']}}\n");
  AState of(run);
  run_until(of, "b");
  fs::remove(run.file("log"));
  Undoer undoer(of.state);
  CHECK_FALSE(undoer.undo_rest(Direction::forward));
  CHECK(run.log() == Lines{"undo b", "undo a"});
  CHECK(run.status("b") == StepStatus::undo_failed);
  CHECK(run.events().back().data.at("complete") == false);
  std::ofstream(run.file("repaired")) << "\n";
  CHECK(undoer.undo_rest(Direction::forward));
  CHECK(run.log() == Lines{"undo b", "undo a", "undo b"});
}

TEST_CASE("a window that is undone is left, and how it was left is recorded") {
  for (const bool complete : {true, false}) {
    const std::string undo = complete ? "'true'" : "'false'";
    ARun run(head + window("  - {id: a, uses: run.command, with: {argv: ['true'], undo: [" + undo + "]}}\n"));
    AState of(run);
    of.write("phase.begun", {{"phase", "window"}});
    of.write("window.entered", {{"phase", "window"}});
    StepRunner steps(of.state);
    REQUIRE(steps.run(of.line("a"), Deadline::in(std::chrono::seconds(20)), nullptr));
    Undoer undoer(of.state);
    CHECK(undoer.undo_window(of.phase(runbook::PhaseKind::window), "for a test") == complete);
    CHECK(run.record().open_window() == nullptr);
    CHECK(run.record().windows.at(runbook::PhaseKind::window).outcome ==
          (complete ? journal::WindowOutcome::undone : journal::WindowOutcome::failed));
  }
}

TEST_CASE("undo is never refused beforehand where it destroys nothing") {
  ARun run(two_directions());
  AState of(run);
  run_until(of, "f");
  Undoer undoer(of.state);
  const auto records = run.events().size();
  CHECK(undoer.may_undo(Direction::forward));
  CHECK(undoer.may_undo(Direction::back));
  CHECK(run.events().size() == records);
}

}  // namespace pgcleave::engine
