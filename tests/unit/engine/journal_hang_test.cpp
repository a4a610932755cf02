// The journal's file system freezes while clients wait: before ownership is taken the window is undone within its
// budget, afterwards it is finished; and the journal is told when the file system answers again.
#include <catch2/catch.hpp>

#include "a_split.h"
#include "failing_disk.h"

namespace pgcleave::engine {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr Duration budget = 3s;

struct Hung {
  RunResult ending;
  Duration clients_waited{};       // since the disk froze, until the guard was dismissed
  std::vector<std::string> types;  // of what the journal was told afterwards
};

// A process whose journal's disk freezes at this point, and is thawed when the process has said how it ended.
Hung frozen_at(ASplit& run, const std::string& point, RunResult (Run::*act)() = &Run::forward) {
  auto book = run.journal();
  auto there = run.open_world();
  std::optional<Monotonic::time_point> froze;
  Hung seen;
  passed_points = 0;
  when_passed = [&](const std::string& passed) {
    if (froze || passed != point) return;
    froze = Monotonic::now();
    hang_disk();
  };
  GuardHooks guard;
  guard.dismiss = [&] {
    if (froze && seen.clients_waited == Duration::zero())
      seen.clients_waited = std::chrono::duration_cast<Duration>(Monotonic::now() - *froze);
  };
  Recorder recorder(book, ARun::id, replay(run.events()), maybe_die);
  REQUIRE(
      recorder.write(recorder.record().id.empty() ? "run.begun" : "run.resumed", {{"split_name", "ci"}, {"pid", 1}}));
  const auto before = run.events().size();
  Run one(run.runbook(), run.params, there, recorder, run.stop, {}, {}, guard);
  seen.ending = (one.*act)();
  when_passed = nullptr;
  INFO("frozen at " << point << ": " << seen.ending.text);
  CHECK(froze.has_value());
  CHECK(book.unwritten() > 0);
  repair_disk();
  REQUIRE(book.await_written(Deadline::in(5s)));
  CHECK(book.verify_chain());
  const auto events = run.events();
  for (std::size_t i = before; i < events.size(); ++i) seen.types.push_back(events[i].type);
  // The journal tells now what this process knew.
  CHECK(run.record().open_window() == nullptr);
  CHECK(run.record().outcome == recorder.record().outcome);
  return seen;
}

std::string a_window() {
  return window(release_and_take + make("c"), "3s");
}

bool has(const Lines& types, const std::string& type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

TEST_CASE(
    "a journal that freezes before ownership is taken: nothing more is done, and clients go on on the source within "
    "the budget") {
  for (const std::string point :
       {"after record window.entered window", "before record effect.announced release",
        "after record effect.done release", "before record step.intent take", "after record step.intent take"}) {
    ASplit run(head + a_window());
    const auto seen = frozen_at(run, point);
    INFO("frozen at " << point << ": " << seen.ending.text);
    CHECK(seen.ending.exit == ExitCode::undone);
    CHECK(seen.clients_waited > Duration::zero());
    CHECK(seen.clients_waited < budget);
    CHECK(run.owners() == "source, source");
    CHECK_FALSE(run.has("c"));
    CHECK(has(seen.types, "undo.begun"));
    CHECK(has(seen.types, "run.finished"));
    CHECK(run.resume().exit == ExitCode::done);
    CHECK(run.owners() == "nobody, target");
  }
}

TEST_CASE(
    "a journal that freezes as ownership is taken, or after it: the window is finished at once, and the journal is "
    "told") {
  for (const std::string point : {"before effect give ownership", "after record effect.done take",
                                  "after record window.taken window", "before record effect.announced c"}) {
    ASplit run(head + a_window());
    std::string at = point;
    if (point == "before effect give ownership") {
      // Its words name the sides.
      REQUIRE(run.forward().exit == ExitCode::done);
      for (const auto& event : run.events()) {
        if (event.type == "effect.done" && event.data.at("step") == "take")
          at = "before effect " + event.data.at("effect").get<std::string>();
      }
      REQUIRE(at != point);
    }
    ASplit again(head + a_window());
    const auto seen = frozen_at(again, at);
    INFO("frozen at " << point << ": " << seen.ending.text);
    CHECK(again.owners() == "nobody, target");
    CHECK(again.has("c"));
    CHECK(seen.clients_waited > Duration::zero());
    CHECK(seen.clients_waited < 1s);
    CHECK(seen.ending.exit == ExitCode::past_no_return);
    CHECK(has(seen.types, "window.taken"));
    CHECK(again.resume().exit == ExitCode::done);
    CHECK(again.journal().verify_chain());
  }
}

TEST_CASE("a journal that thaws while clients are brought back is told, and the run goes on as if nothing had been") {
  ASplit run(head + a_window() + "verify:\n" + make("e"));
  auto book = run.journal();
  auto there = run.open_world();
  when_passed = [&](const std::string& passed) {
    if (passed == "after record window.taken window") hang_disk();
    if (passed == "after effect run the command of step c") repair_disk();
  };
  passed_points = 0;
  Recorder recorder(book, ARun::id, {}, maybe_die);
  REQUIRE(recorder.write("run.begun", {{"split_name", "ci"}, {"pid", 1}}));
  GuardHooks guard;
  guard.dismiss = [] { repair_disk(); };
  Run one(run.runbook(), run.params, there, recorder, run.stop, {}, {}, guard);
  const auto ending = one.forward();
  repair_disk();
  CHECK(ending.exit == ExitCode::done);
  CHECK(run.has("e"));
  CHECK(run.record().state(false) == "done");
  CHECK(run.journal().verify_chain());
}

TEST_CASE(
    "a run whose journal could not be read asks the owner whether it was taken, also where no announcement is known") {
  ASplit run(head + a_window());
  REQUIRE_FALSE(run.dying_at(1, [&] { return run.forward(); }));
  for (int point = 2; run.owners() != "nobody, target"; ++point) {
    run.forget_journal();
    fs::remove(run.file("c"));
    run.install_anew();
    REQUIRE_FALSE(run.dying_at(point, [&] { return run.forward(); }));
  }
  // All that a guard knows that was told of the window and can't read the journal.
  RunRecord known;
  for (const auto& event : run.events()) {
    known.apply(event);
    if (event.type == "window.entered") break;
  }
  auto book = run.journal();
  auto there = run.open_world();
  there.run.knows_all = false;  // as app/resume.cpp says it of a record that may lack its end
  Recorder recorder(book, ARun::id, known, nullptr);
  recorder.must_go_on(true);
  Run one(run.runbook(), run.params, there, recorder, run.stop, {}, {});
  const auto ending = one.settle();
  INFO(ending.text);
  CHECK(ending.exit == ExitCode::past_no_return);
  CHECK(run.owners() == "nobody, target");
  CHECK(run.has("c"));
}

}  // namespace pgcleave::engine
