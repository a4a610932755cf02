// A window that a dead process left open.
#include "engine/resumer.h"

#include "passing.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a run whose records of the window were lost is finished when the target owns, and undone when it does not") {
  for (const bool taken : {true, false}) {
    ASplit run(one_split);
    was_left_in_the_window(run);
    passes(run.source, fence::Owner::source, fence::Owner::nobody);
    passes(run.target, fence::Owner::source, fence::Owner::nobody);
    if (taken) passes(run.target, fence::Owner::nobody, fence::Owner::target);
    const auto ending = run.settle();
    INFO(run.told.text());
    CHECK(ending.exit == (taken ? ExitCode::past_no_return : ExitCode::undone));
    CHECK(run.owner_on(run.source) == (taken ? "nobody" : "source"));
    CHECK(run.has("b") == taken);
    CHECK(run.told.has("say", "the point of no return was passed: finishing the window") == taken);
    CHECK(run.told.has("warn",
                       "the window was left open before the point of no return: undoing it, so that clients go on") ==
          !taken);
    CHECK(run.told.has("guard", "is dismissed"));
    if (taken) CHECK(ending.text == "the window was finished; what comes after it was not begun");
    CHECK_FALSE(run.has("c"));
  }
}

TEST_CASE("whoever knows that ownership was never asked for gives it back while the target can't be asked") {
  ASplit run(one_split);
  was_left_in_the_window(run);
  passes(run.source, fence::Owner::source, fence::Owner::nobody);
  run.target_answers = false;
  run.settle();
  INFO(run.told.text());
  CHECK(run.owner_on(run.source) == "source");
}

TEST_CASE("a guard that undoes a rollback's window leaves the split as it was before the rollback") {
  ASplit run(there_and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n"));
  REQUIRE(run.forward().exit == ExitCode::done);
  run.write("run.resumed", {{"direction", "rollback"}});
  run.write("phase.begun", {{"phase", "rollback.window"}});
  run.write("window.entered", {{"phase", "rollback.window"}, {"budget_ms", 1000.0}});
  const auto ending = run.settle();
  CHECK(ending.exit == ExitCode::undone);
  CHECK(ending.state == "target ci owns the moved tables; no pool is paused");
  CHECK(run.owners() == "nobody, target");
  CHECK(run.record().state(false) == "done, its rollback was undone");
  CHECK(run.has("b"));
}

TEST_CASE(
    "while nobody can tell whether ownership was taken the window stays as it is for a person, and is settled later") {
  auto text = one_split;
  const std::string take = "{on: target}";
  text.insert(text.find(take) + take.size(), ", timeout: 300ms");
  ASplit run(text);
  auto somebody = postgres::test::ci_server().connect();
  run.told.when_added = [&](const std::string& one) {
    if (one.find("say:   release ") == 0)
      postgres::test::run(somebody, "BEGIN; LOCK TABLE pgcleave.ownership_log IN EXCLUSIVE MODE");
  };
  const auto ending = run.forward();
  INFO(run.told.text());
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.text.find("can't tell whether ownership was taken") != std::string::npos);
  CHECK(ending.state == "nobody owns the moved tables: their writes fail; no pool is paused");
  CHECK_FALSE(run.told.has("guard", "is dismissed"));
  CHECK(run.record().open_window() != nullptr);

  const auto still = run.resume();
  CHECK(still.exit == ExitCode::needs_person);
  CHECK(still.text.find("can't tell whether ownership was taken: ") == 0);
  CHECK(run.record().open_window() != nullptr);

  run.told.when_added = nullptr;
  postgres::test::run(somebody, "ROLLBACK");
  CHECK(run.resume().exit == ExitCode::done);
  CHECK(run.owners() == "nobody, target");
  CHECK(run.record().windows_entered == 2);
}

TEST_CASE("a guard undoes the window that a dead process left open, and goes no further") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b") + make("c")));
  dies_in_the_window(run, "b");
  Told told(run);
  CHECK(run.settle().exit == ExitCode::undone);
  INFO(told.text());
  CHECK(in_order(
      {told.at("guard", "stands by for window, clients wait"),
       told.at("warn", "the window was left open before the point of no return: undoing it, so that clients go on"),
       told.at("guard", "is dismissed"), told.at("say", "no pool is paused"), told.at("say", "a client saw 61.2 ms")}));
  CHECK(run.has("a"));
  CHECK_FALSE(run.has("b"));
  CHECK(run.record().state(false) == "window undone");
}

TEST_CASE("a dead process's window that can't be undone needs a person, and keeps its guard") {
  ARun run(head + window(stubborn("a") + make("b")));
  dies_in_the_window(run, "a");
  Told told(run);
  const auto ending = run.back();
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.text == "the window could not be undone entirely");
  CHECK_FALSE(told.has("guard", "is dismissed"));
  CHECK(run.has("a"));
}

TEST_CASE("a window that only the journal knows is not touched") {
  ARun run(head + window(make("a")));
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("window.entered", {{"phase", "rollback.window"}, {"budget_ms", 1000.0}});
  const auto ending = run.resume();
  CHECK(ending.exit == ExitCode::needs_person);
  CHECK(ending.text == "the journal names a window that the runbook does not have: rollback.window");
  CHECK(run.log().empty());
}

TEST_CASE("of a window whose records were lost only the steps that could have been begun are undone") {
  ARun run(
      head + "params:\n  full: {type: boolean, default: false, help: all of it}\n" +
      window(
          "  - {id: release, uses: ownership.release, with: {on: source}}\n"
          "  - {id: lsn, uses: postgres.capture_lsn, with: {on: source}}\n" +
          make("a", ", when: \"${params.full} == false\"") + make("b", ", when: \"${params.full}\"") +
          "  - {id: c, uses: run.command, with: {argv: [echo, '${lsn.lsn}'], undo: [sh, -c, 'echo undo c >> @/log']}}\n"
          "  - {id: take, uses: ownership.take, with: {on: target}}\n"));
  run.params = {{"full", false}};
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}});
  CHECK(run.back().exit == ExitCode::needs_person);  // nobody answers for the source
  CHECK(run.log() == Lines{"undo a"});
  CHECK(run.status("a") == StepStatus::undone);
  CHECK(run.status("b") == StepStatus::untouched);
  CHECK(run.status("c") == StepStatus::untouched);
}

}  // namespace pgcleave::engine
