// Windows that pass ownership on real servers: which side owns when an answer is lost, and what people are told of it.
#include <algorithm>

#include "a_split.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

const std::string there = head + "prepare:\n" + make("a") + window(release_and_take + make("b")) + "verify:\n" + make("c");

std::string and_back(const std::string& tail) {
  return there + "rollback:\n  window:\n    budget: 20s\n    steps:\n" + release_and_take_back + tail;
}

// The run as a dead process left it: in the window, with no word of what it did there.
void was_left_in_the_window(const ARun& run, const Json& leaders = Json::object()) {
  run.write("run.begun", {{"split_name", "ci"}});
  run.write("phase.begun", {{"phase", "window"}});
  run.write("window.entered", {{"phase", "window"}, {"budget_ms", 1000.0}, {"leaders", leaders}});
}

void passes(postgres::Connection& side, postgres::Owner from, postgres::Owner to) {
  const auto passed = postgres::pass_ownership(side, "ci", from, to, ARun::id, 1, postgres::test::soon());
  if (!passed) FAIL(passed.error().text());
}

}  // namespace

TEST_CASE("a split passes ownership there and back, and people are told which side serves") {
  ASplit run(and_back("    - {id: d, uses: run.command, with: {argv: [sh, -c, 'echo try >> @/log; test $(grep -c try @/log) -ge 2']}}\n"));
  const auto split = run.forward();
  INFO(run.told.text());
  CHECK(split.exit == ExitCode::done);
  CHECK(split.text == "the split is done: target ci serves");
  CHECK(split.state == "target ci owns the moved tables; no pool is paused");
  CHECK(run.owners() == "nobody, target");
  const auto back = run.back();
  CHECK(back.exit == ExitCode::done);
  CHECK(back.text == "source main serves again");
  CHECK(back.state == "source main owns the moved tables; no pool is paused");
  CHECK(run.owner_on(run.source) == "source");
  CHECK(run.told.has("warn", "  d: "));
  CHECK(run.told.has("warn", "; trying again, since source main owns already"));
}

TEST_CASE("an emergency goes back without the checks that refuse a rollback, and names them") {
  ASplit run(there + "rollback:\n  prepare:\n    - {id: wrong, uses: check.serving, with: {side: source}}\n" +
             "    - {id: d, uses: run.command, with: {argv: [sh, -c, 'echo d >> @/log']}}\n" +
             "  window:\n    budget: 20s\n    steps:\n" + release_and_take_back);
  REQUIRE(run.forward().exit == ExitCode::done);
  CHECK(run.back().exit == ExitCode::not_ready);
  CHECK(run.owner_on(run.target) == "target");
  CHECK_FALSE(run.told.has("warn", "left out, by --emergency"));
  const auto ending = run.back(true);
  INFO(run.told.text());
  CHECK(ending.exit == ExitCode::done);
  CHECK(ending.text.find("; by --emergency without wrong") != std::string::npos);
  CHECK(run.owner_on(run.source) == "source");
  CHECK(run.told.has("warn", "left out, by --emergency"));
  const auto log = run.log();
  CHECK(std::count(log.begin(), log.end(), "d") == 1);
}

TEST_CASE("the next rollback has its checks again, unless it is an emergency too") {
  RunRecord record;
  const auto resumed = [](bool emergency) {
    journal::Event event;
    event.type = "run.resumed";
    event.data = {{"direction", "rollback"}, {"emergency", emergency}};
    return event;
  };
  record.apply(resumed(true));
  CHECK(record.emergency);
  record.apply(resumed(false));
  CHECK_FALSE(record.emergency);
}

TEST_CASE("ownership is not taken any more when the journal was so slow that the time for it is over") {
  ASplit run(head + "prepare:\n" + make("a") + window(release_and_take + make("b"), "2s"));
  when_passed = [](const std::string& point) {
    if (point.find("before effect give ownership") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  };
  const auto ending = run.forward();
  INFO(run.told.text());
  CHECK(ending.exit == ExitCode::undone);
  CHECK(run.owner_on(run.source) == "source");
  CHECK(run.owner_on(run.target) != "target");
  CHECK(run.log() == Lines{"do a"});
  CHECK(ending.text.find("not begun, since the time for it was over") != std::string::npos);
}

TEST_CASE("a journal that lacks the end of a run undoes nothing under the side that serves, whatever is typed") {
  ASplit run(and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n"));
  REQUIRE(run.forward().exit == ExitCode::done);
  const auto whole_run = run.events();
  run.forget_journal();
  for (const auto& event : whole_run) {
    if (event.type == "window.entered") break;
    run.write(event.type, event.data);
  }
  for (const auto& ending : {run.resume(), run.back()}) {
    INFO(ending.text);
    CHECK(ending.exit == ExitCode::needs_person);
    CHECK(ending.text.find("ownership was passed, but the journal does not know it") == 0);
    CHECK(ending.state == "target ci owns the moved tables; no pool is paused");
  }
  CHECK(run.owners() == "nobody, target");
  CHECK(run.has("a"));
  CHECK(run.log() == Lines{"do a", "do b", "do c"});
  for (const auto& event : run.events()) CHECK((event.type != "undo.begun" && event.type != "run.finished"));
}

TEST_CASE("a rollback that stopped after its window does not prove reverse replication again") {
  ASplit run(and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n") +
             "  then:\n    - {id: e, uses: run.command, with: {argv: "
             "[sh, -c, 'echo e >> @/log; test -e @/ready']}}\n");
  REQUIRE(run.forward().exit == ExitCode::done);
  CHECK(run.back().exit == ExitCode::past_no_return);
  CHECK(run.told.has("say", "verify, since the rollback needs it"));
  run.told.all.clear();
  std::ofstream(run.file("ready")) << "\n";
  CHECK(run.back().exit == ExitCode::done);
  CHECK_FALSE(run.told.has("say", "verify"));
  CHECK(run.log() == Lines{"do a", "do b", "do c", "e", "e"});
}

TEST_CASE("a run whose records of the window were lost is finished when the target owns, and undone when it does not") {
  for (const bool taken : {true, false}) {
    ASplit run(there);
    was_left_in_the_window(run);
    passes(run.source, postgres::Owner::source, postgres::Owner::nobody);
    passes(run.target, postgres::Owner::source, postgres::Owner::nobody);
    if (taken) passes(run.target, postgres::Owner::nobody, postgres::Owner::target);
    const auto ending = run.settle();
    INFO(run.told.text());
    CHECK(ending.exit == (taken ? ExitCode::past_no_return : ExitCode::undone));
    CHECK(run.owner_on(run.source) == (taken ? "nobody" : "source"));
    CHECK(run.has("b") == taken);
    CHECK(run.told.has("say", "the point of no return was passed: finishing the window") == taken);
    CHECK(run.told.has("warn", "the window was left open before the point of no return: undoing it, so that clients go on") == !taken);
    CHECK(run.told.has("guard", "is dismissed"));
    if (taken) CHECK(ending.text == "the window was finished; what comes after it was not begun");
    CHECK_FALSE(run.has("c"));
  }
}

TEST_CASE("a journal that may lack its end changes nothing while the target can't be asked, and finishes what was taken when it can") {
  for (const bool in_the_window : {true, false}) {
    ASplit run(there);
    if (in_the_window) was_left_in_the_window(run);
    if (!in_the_window) {
      run.write("run.begun", {{"split_name", "ci"}});
      run.write("phase.begun", {{"phase", "prepare"}});
      run.write("step.intent", {{"step", "a"}, {"uses", "run.command"}});
    }
    passes(run.source, postgres::Owner::source, postgres::Owner::nobody);
    passes(run.target, postgres::Owner::source, postgres::Owner::nobody);
    passes(run.target, postgres::Owner::nobody, postgres::Owner::target);
    run.knows_all = false;
    run.target_answers = false;
    for (const auto& ending : {run.settle(), run.resume(), run.back()}) {
      INFO(ending.text);
      CHECK(ending.exit == ExitCode::needs_person);
      CHECK(ending.text.find("this journal may lack what was done last") == 0);
      CHECK(ending.text.find("that of target ci can't be read") != std::string::npos);
    }
    run.target_answers = true;
    const auto ending = run.resume();
    INFO(ending.text);
    CHECK(ending.exit == (in_the_window ? ExitCode::done : ExitCode::needs_person));
    CHECK(run.has("b") == in_the_window);
    CHECK(run.owners() == "nobody, target");
    for (const auto& event : run.events()) CHECK(event.type != "undo.begun");
    if (!in_the_window) {
      for (const auto& event : run.events()) CHECK(event.type != "run.signing");
    }
  }
}

TEST_CASE("a journal that may lack its end undoes a window when both sides say that nobody took") {
  ASplit run(there);
  was_left_in_the_window(run);
  passes(run.source, postgres::Owner::source, postgres::Owner::nobody);
  passes(run.target, postgres::Owner::source, postgres::Owner::nobody);
  run.knows_all = false;
  CHECK(run.settle().exit == ExitCode::undone);
  CHECK(run.owner_on(run.source) == "source");
}

TEST_CASE("whoever knows that ownership was never asked for gives it back while the target can't be asked") {
  ASplit run(there);
  was_left_in_the_window(run);
  passes(run.source, postgres::Owner::source, postgres::Owner::nobody);
  run.target_answers = false;
  run.settle();
  INFO(run.told.text());
  CHECK(run.owner_on(run.source) == "source");
}

TEST_CASE("a guard that undoes a rollback's window leaves the split as it was before the rollback") {
  ASplit run(and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n"));
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

TEST_CASE("a side that failed over while clients waited is told once, with what may be lost") {
  ASplit run(there);
  was_left_in_the_window(run, {{"source", {{"member", "main-0"}, {"timeline", 1}, {"standby", false}}},
                               {"target", {{"member", "ci-0"}, {"timeline", 1}, {"standby", false}}}});
  CHECK(run.settle().exit == ExitCode::undone);
  run.settle();
  INFO(run.told.text());
  const auto misses = run.record().misses;
  REQUIRE(misses.size() == 2);
  CHECK(misses[0].find("source main failed over while clients waited: its leader was main-0 on timeline 1, and is main-1") == 0);
  CHECK(misses[0].find("that is Patroni's contract") != std::string::npos);
  CHECK(misses[1].find("target ci failed over while clients waited: its leader was ci-0") == 0);
  CHECK(misses[1].find("contract") == std::string::npos);
  CHECK(std::count_if(run.told.all.begin(), run.told.all.end(),
                      [](const auto& one) { return one.find("failed over") != std::string::npos; }) == 2);
}

TEST_CASE("while nobody can tell whether ownership was taken the window stays as it is for a person, and is settled later") {
  auto text = there;
  const std::string take = "{on: target}";
  text.insert(text.find(take) + take.size(), ", timeout: 300ms");
  ASplit run(text);
  auto somebody = postgres::test::ci_server().connect();
  run.told.when_added = [&](const std::string& one) {
    if (one.find("say:   release ") == 0) postgres::test::run(somebody, "BEGIN; LOCK TABLE pgcleave.ownership_log IN EXCLUSIVE MODE");
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

TEST_CASE("a window is not entered where ownership is not as it was left, and what was prepared is undone") {
  ASplit run(there);
  passes(run.source, postgres::Owner::source, postgres::Owner::target);
  const auto ending = run.forward();
  INFO(ending.text);
  CHECK(ending.exit == ExitCode::undone);
  CHECK(ending.text.find("release (ownership.release): finds something that this run did not do") != std::string::npos);
  CHECK(ending.text.find("pgcleave resume " + ARun::id) != std::string::npos);
  CHECK(run.log() == Lines{"do a", "undo a"});
  CHECK(run.record().windows.empty());
}

TEST_CASE("a run that was away for a while and still has its split goes on") {
  ASplit run(head + "prepare:\n" + line("away", "sleep 0.6") + make("a") +
             window(release_and_take + line("late", "sleep 0.6") + make("b")));
  CHECK(run.forward().exit == ExitCode::done);
  CHECK(run.log() == Lines{"do a", "do b"});
}

TEST_CASE("whoever was taken over while away does nothing more, wherever it was, and says by whom") {
  for (const auto& [after, done] :
       {std::pair{"say:   a ", Lines{"do a"}}, std::pair{"say:   c ", Lines{"do a", "do b", "do c"}},
        std::pair{"say:   take ", Lines{"do a", "do b", "do c"}}, std::pair{"say:   d ", Lines{"do a", "do b", "do c", "do d"}}}) {
    ASplit run(head + "prepare:\n" + make("a") + make("b") + window(make("c") + release_and_take + make("d")) + "verify:\n" + make("e"));
    run.is_taken_over_after(after);
    const auto ending = run.forward();
    INFO(after << "\n" << run.told.text());
    CHECK(ending.exit == ExitCode::held);
    CHECK(ending.text.find("split ci: was taken over while this process was away; it does nothing any more") == 0);
    CHECK(ending.text.find("bob@ops2") != std::string::npos);
    CHECK(run.log() == done);
    CHECK(run.record().state(false) == "stopped");
    CHECK(run.told.has("guard", "stands by") == run.told.has("guard", "is dismissed"));
    const auto holder = postgres::held(run.source, "ci", postgres::test::soon());
    REQUIRE(holder);
    REQUIRE(holder->holder);
    CHECK((holder->holder->by == "bob@ops2" && !holder->holder->over));
  }
}

TEST_CASE("whoever finishes a dead run's window and is taken over meanwhile stops there") {
  ASplit run(there);
  was_left_in_the_window(run);
  run.write("window.taken", {{"phase", "window"}});
  run.is_taken_over_after("say: the point of no return was passed");
  CHECK(run.resume().exit == ExitCode::held);
  CHECK_FALSE(run.has("b"));
  CHECK(run.told.has("guard", "is dismissed"));
  CHECK(run.record().open_window() != nullptr);
}

TEST_CASE("a split that another run holds is left alone, by every command") {
  for (const auto* command : {"run", "resume", "rollback", "settle"}) {
    ASplit run(there);
    if (command != std::string("run")) {
      run.write("run.begun", {{"split_name", "ci"}});
      run.write("phase.begun", {{"phase", "prepare"}});
    }
    run.is_taken_over();
    const auto ending = command == std::string("run")        ? run.forward()
                        : command == std::string("resume")   ? run.resume()
                        : command == std::string("rollback") ? run.back()
                                                             : run.settle();
    INFO(command << ": " << ending.text);
    CHECK(ending.exit == ExitCode::held);
    CHECK(ending.text.find("bob@ops2") != std::string::npos);
    CHECK(ending.text.find("; nothing was changed") != std::string::npos);
    CHECK(run.record().state(false) == (command == std::string("run") ? "undone" : "stopped"));
    CHECK(run.log().empty());
    CHECK(run.owners() == "source, source");
  }
}

}  // namespace pgcleave::engine
