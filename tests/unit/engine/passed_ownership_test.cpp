// Windows that pass ownership on real servers: which side owns when an answer is lost, and what people are told of it.
#include <algorithm>

#include "passing.h"

namespace pgcleave::engine {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a split passes ownership there and back, and people are told which side serves") {
  ASplit run(
      there_and_back("    - {id: d, uses: run.command, with: {argv: [sh, -c, 'echo try >> @/log; test $(grep -c try "
                     "@/log) -ge 2']}}\n"));
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
  ASplit run(one_split + "rollback:\n  prepare:\n    - {id: wrong, uses: check.serving, with: {side: source}}\n" +
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

TEST_CASE("a rollback that stopped after its window does not prove reverse replication again") {
  ASplit run(
      there_and_back("    - {id: d, uses: run.command, with: {argv: ['true']}}\n  then:\n"
                     "    - {id: e, uses: run.command, with: {argv: [sh, -c, 'echo e >> @/log; test -e @/ready']}}\n",
                     line("c", "echo c >> @/log; test -e @/proven")));
  REQUIRE(run.forward().exit == ExitCode::past_no_return);
  std::ofstream(run.file("proven")) << "\n";
  CHECK(run.back().exit == ExitCode::past_no_return);
  CHECK(run.told.has("say", "verify, since the rollback needs it"));
  run.told.all.clear();
  std::ofstream(run.file("ready")) << "\n";
  CHECK(run.back().exit == ExitCode::done);
  CHECK_FALSE(run.told.has("say", "verify"));
  CHECK(run.log() == Lines{"do a", "do b", "c", "c", "e", "e"});
}

TEST_CASE("a window is not entered where ownership is not as it was left, and what was prepared is undone") {
  ASplit run(one_split);
  passes(run.source, fence::Owner::source, fence::Owner::target);
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
        std::pair{"say:   take ", Lines{"do a", "do b", "do c"}},
        std::pair{"say:   d ", Lines{"do a", "do b", "do c", "do d"}}}) {
    ASplit run(head + "prepare:\n" + make("a") + make("b") + window(make("c") + release_and_take + make("d")) +
               "verify:\n" + make("e"));
    run.is_taken_over_after(after);
    const auto ending = run.forward();
    INFO(after << "\n" << run.told.text());
    CHECK(ending.exit == ExitCode::held);
    CHECK(ending.text.find("split ci: was taken over while this process was away; it does nothing any more") == 0);
    CHECK(ending.text.find("bob@ops2") != std::string::npos);
    CHECK(run.log() == done);
    CHECK(run.record().state(false) == "stopped");
    CHECK(run.told.has("guard", "stands by") == run.told.has("guard", "is dismissed"));
    const auto holder = fence::held(run.source, "ci", postgres::test::soon());
    REQUIRE(holder);
    REQUIRE(holder->holder);
    CHECK((holder->holder->by == "bob@ops2" && !holder->holder->over));
  }
}

TEST_CASE("whoever finishes a dead run's window and is taken over meanwhile stops there") {
  ASplit run(one_split);
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
    ASplit run(one_split);
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
