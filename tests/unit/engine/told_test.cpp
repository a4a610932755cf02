// What people and the guard are told of a window, and when.
#include <algorithm>

#include "a_split.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

bool in_order(const std::vector<int>& places) {
  return places.front() >= 0 && std::is_sorted(places.begin(), places.end());
}

// A step whose undo fails until a file is there.
std::string stubborn(const std::string& id) {
  return "  - {id: " + id + ", uses: run.command, with: {argv: [touch, '@/" + id + "'], undo: [sh, -c, 'test -e @/repaired && rm -f @/" +
         id + "']}}\n";
}

void dies_in_the_window(ARun& run, const std::string& after_step) {
  for (int point = 1;; ++point) {
    REQUIRE_FALSE(run.dying_at(point, [&] { return run.forward(); }));
    if (run.record().open_window() != nullptr && run.has(after_step)) return;
    run.forget_journal();
    fs::remove(run.file(after_step));
  }
}

}  // namespace

TEST_CASE("the guard stands by before the window's first effect and is dismissed when clients are served, before the watch ends") {
  ARun run(head + "prepare:\n" + make("a") + window(make("b")) + "verify:\n" + make("c"));
  Told told(run);
  REQUIRE(run.forward().exit == ExitCode::done);
  INFO(told.text());
  CHECK(in_order({told.at("say", "  a "), told.at("watch", "begins for window"), told.at("guard", "stands by for window"),
                  told.at("guard", "watches, longest stop 14000 ms"), told.at("say", "  b "), told.at("guard", "is dismissed"),
                  told.at("watch", "ends for window"), told.at("say", "clients waited at most"), told.at("say", "  c ")}));
  CHECK(told.has("say", "(budget 20000 ms); a client saw 61.2 ms of outage (through bouncer-2)"));
  CHECK(std::count(told.all.begin(), told.all.end(), "guard: is dismissed") == 1);
}

TEST_CASE("without a guard, or with one that has gone, no window is entered, and what was prepared is undone") {
  for (const bool never_came : {true, false}) {
    ARun run(head + "prepare:\n" + make("a") + window(make("b")));
    Told told(run);
    (never_came ? told.no_guard : told.guard_gone) = Error{ErrorKind::not_ready, "guard", "is not there", "", "", "", ""};
    const auto ending = run.forward();
    INFO(told.text());
    CHECK(ending.exit == ExitCode::undone);
    CHECK(ending.text.find("is not there") != std::string::npos);
    CHECK(run.log() == Lines{"do a", "undo a"});
    CHECK(run.record().windows.empty());
    CHECK(in_order(
        {told.at("guard", "stands by"), told.at("guard", "is dismissed"), told.at("watch", "ends"), told.at("warn", "; undoing")}));
    CHECK(told.has("say", "undone"));
  }
}

TEST_CASE("people are told why a window is undone, who owns, and what clients saw, and the guard is dismissed once clients are served") {
  ARun run(head + window(make("a") + line("b", "exit 3")));
  Told told(run);
  REQUIRE(run.forward().exit == ExitCode::undone);
  INFO(told.text());
  CHECK(in_order({told.at("warn", "exit code 3"), told.at("say", "  undone"), told.at("guard", "is dismissed"),
                  told.at("say", "who owns the moved tables can't be seen; no pool is paused"),
                  told.at("watch", "ends for window")}));
  CHECK(told.has("warn", "; undoing, so that clients go on"));
  CHECK(told.all.back() == "say: a client saw 61.2 ms of outage (through bouncer-2)");
}

TEST_CASE("a guard is kept while a window can't be undone, and settles it as soon as it can be") {
  ARun run(head + window(stubborn("a") + line("b", "exit 3")));
  Told told(run);
  const auto stuck = run.forward();
  CHECK(stuck.exit == ExitCode::needs_person);
  CHECK(stuck.text.find("not all of it could be undone") != std::string::npos);
  CHECK(told.has("warn", "  a could not be undone: "));
  CHECK_FALSE(told.has("guard", "is dismissed"));
  CHECK(run.record().windows.at("window").outcome == "failed");

  const auto still = run.settle();
  CHECK(still.exit == ExitCode::needs_person);
  CHECK(still.text == "the window's last try could not be undone entirely");
  CHECK(run.has("a"));
  std::ofstream(run.file("repaired")) << "\n";
  const auto settled = run.settle();
  CHECK(settled.exit == ExitCode::undone);
  CHECK(settled.text == "the window was undone");
  CHECK_FALSE(run.has("a"));
  CHECK(run.record().state(false) == "window undone");
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
  ARun run(head + "params:\n  full: {type: boolean, default: false, help: all of it}\n" +
           window("  - {id: release, uses: ownership.release, with: {on: source}}\n"
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

TEST_CASE("a window whose budget can't be read is not entered") {
  for (const auto& [budget, words] : {std::pair{Json(), "params.budget"}, std::pair{Json(17), "17"}}) {
    ARun run(head + "params:\n  budget: {type: duration, default: 5s, help: how long}\n" + window(make("a"), "${params.budget}"));
    if (!budget.is_null()) run.params = {{"budget", budget}};
    const auto ending = run.forward();
    CHECK(ending.exit == ExitCode::not_ready);
    INFO(ending.text);
    CHECK(ending.text.find(words) != std::string::npos);
    CHECK(ending.text.find("nothing was changed") != std::string::npos);
    CHECK(run.log().empty());
  }
}

}  // namespace pgcleave::engine
